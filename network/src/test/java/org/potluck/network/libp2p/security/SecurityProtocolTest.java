package org.potluck.network.libp2p.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potluck.network.Identity;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/** What both security protocols promise alike. */
@SuppressWarnings("FutureReturnValueIgnored") // What a write leads to shows at the other end.
class SecurityProtocolTest {
  private static final List<String> YAMUX = List.of("/yamux/1.0.0");
  private static final Identity ALICE = Identity.generate(new Random(1));
  private static final Identity BOB = Identity.generate(new Random(2));
  private static final Identity EVE = Identity.generate(new Random(3));

  static Stream<Named<Function<Identity, SecurityProtocol>>> protocols() {
    if (!TlsSecurity.available()) {
      System.err.println("TLS is left out: no BoringSSL for this platform");
      return Stream.of(Named.of("noise", NoiseSecurity::new));
    }
    return Stream.of(Named.of("tls", TlsSecurity::new), Named.of("noise", NoiseSecurity::new));
  }

  private static SecuredPair pair(
      Function<Identity, SecurityProtocol> protocol, long seed, Optional<PeerId> expected) {
    return new SecuredPair(
        seed, protocol.apply(ALICE), protocol.apply(BOB), expected, YAMUX, YAMUX);
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void showsEachSideWhoTheOtherIsAndSettlesTheMuxer(Function<Identity, SecurityProtocol> protocol) {
    for (long seed = 0; seed < 5; seed++) {
      try (SecuredPair pair = pair(protocol, seed, Optional.of(BOB.peerId()))) {
        pair.pump();
        assertThat(pair.dialer.done.getNow())
            .as("seed %d", seed)
            .isEqualTo(new SecuredConnection(BOB.peerId(), Optional.of("/yamux/1.0.0")));
        assertThat(pair.listener.done.getNow())
            .isEqualTo(new SecuredConnection(ALICE.peerId(), Optional.of("/yamux/1.0.0")));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void leavesTheMuxerOpenWhenOneSideListsNone(Function<Identity, SecurityProtocol> protocol) {
    try (SecuredPair pair =
        new SecuredPair(
            1, protocol.apply(ALICE), protocol.apply(BOB), Optional.empty(), YAMUX, List.of())) {
      pair.pump();
      assertThat(pair.dialer.done.getNow())
          .isEqualTo(new SecuredConnection(BOB.peerId(), Optional.empty()));
      assertThat(pair.listener.done.getNow())
          .isEqualTo(new SecuredConnection(ALICE.peerId(), Optional.empty()));
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void refusesAnotherPeerThanTheOneDialed(Function<Identity, SecurityProtocol> protocol) {
    try (SecuredPair pair = pair(protocol, 1, Optional.of(EVE.peerId()))) {
      pair.pump();
      assertThat(pair.dialer.done.cause())
          .isInstanceOfSatisfying(
              NetworkException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRONG_PEER))
          .hasMessageContaining("expected peer " + EVE.peerId())
          .hasMessageContaining(BOB.peerId() + " answered");
      assertThat(pair.dialer.channel.isOpen()).isFalse();
      pair.listener.channel.close();
      assertThat(pair.listener.channel.isOpen()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void carriesLargeDataBothWays(Function<Identity, SecurityProtocol> protocol) {
    for (long seed = 0; seed < 3; seed++) {
      Random random = new Random(seed);
      byte[] forth = new byte[700_000];
      byte[] back = new byte[300_001];
      random.nextBytes(forth);
      random.nextBytes(back);
      try (SecuredPair pair = pair(protocol, seed, Optional.empty())) {
        pair.pump();
        for (int at = 0; at < forth.length; at += 100_000) {
          pair.dialer.write(Arrays.copyOfRange(forth, at, at + 100_000));
          if (random.nextBoolean()) {
            pair.dialer.flush();
          }
        }
        pair.dialer.flush();
        pair.listener.write(back);
        pair.listener.flush();
        pair.pump();
        assertThat(pair.listener.received.toByteArray()).as("seed %d", seed).isEqualTo(forth);
        assertThat(pair.dialer.received.toByteArray()).as("seed %d", seed).isEqualTo(back);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void losesNoByteThatArrivesWithTheEndOfTheHandshake(
      Function<Identity, SecurityProtocol> protocol) {
    for (long seed = 0; seed < 20; seed++) {
      try (SecuredPair pair = pair(protocol, seed, Optional.empty())) {
        byte[] early = {1, 2, 3, 4, 5};
        pair.dialer.done.addListener(
            _ -> {
              pair.dialer.write(early);
              pair.dialer.flush();
            });
        pair.listener.done.addListener(
            _ -> {
              pair.listener.write(early);
              pair.listener.flush();
            });
        pair.pump();
        assertThat(pair.listener.received.toByteArray()).as("seed %d", seed).isEqualTo(early);
        assertThat(pair.dialer.received.toByteArray()).as("seed %d", seed).isEqualTo(early);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void gathersSmallWritesIntoFullFrames(Function<Identity, SecurityProtocol> protocol) {
    try (SecuredPair pair = pair(protocol, 1, Optional.empty())) {
      pair.pump();
      long before = pair.dialer.wireBytes;
      for (int i = 0; i < 1_000; i++) {
        pair.dialer.write(new byte[12]);
      }
      pair.dialer.flush();
      pair.pump();
      assertThat(pair.listener.received.size()).isEqualTo(12_000);
      assertThat(pair.dialer.wireBytes - before).isLessThan(12_100);
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void endsTheConnectionAtAChangedFrame(Function<Identity, SecurityProtocol> protocol) {
    for (long seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      try (SecuredPair pair = pair(protocol, seed, Optional.empty())) {
        pair.pump();
        pair.dialer.write(new byte[1_000]);
        pair.dialer.flush();
        pair.pump(
            bytes -> {
              bytes[5 + random.nextInt(bytes.length - 5)] ^= 1;
              return bytes;
            });
        assertThat(pair.listener.received.size()).as("seed %d", seed).isZero();
        // With TLS the listener only sends an alert, at which the dialer ends the connection.
        assertThat(pair.listener.channel.isOpen() && pair.dialer.channel.isOpen())
            .as("seed %d", seed)
            .isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void failsCleanlyWhenTheHandshakeIsTamperedWith(Function<Identity, SecurityProtocol> protocol) {
    int failures = 0;
    for (long seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      try (SecuredPair pair = pair(protocol, seed, Optional.of(BOB.peerId()))) {
        pair.pump(
            bytes -> {
              bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
              return bytes;
            });
        pair.dialer.channel.close();
        pair.listener.channel.close();
        assertThat(pair.listener.done.isDone()).as("seed %d", seed).isTrue();
        if (pair.listener.done.isSuccess()) {
          // TLS ignores the version in the header of its first record.
          assertThat(pair.listener.done.getNow().remote()).isEqualTo(ALICE.peerId());
        } else {
          failures++;
          assertThat(pair.listener.done.cause()).isInstanceOf(NetworkException.class);
        }
      }
    }
    assertThat(failures).isGreaterThan(50);
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void failsCleanlyOnGarbage(Function<Identity, SecurityProtocol> protocol) {
    SecurityProtocol bob = protocol.apply(BOB);
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      for (boolean dialer : new boolean[] {true, false}) {
        SecuredPair.Side side = new SecuredPair.Side(bob, dialer, Optional.empty(), YAMUX);
        byte[] garbage = new byte[1 + random.nextInt(3_000)];
        random.nextBytes(garbage);
        assertThatCode(
                () -> {
                  side.channel.writeOneInbound(Unpooled.wrappedBuffer(garbage));
                  side.channel.runPendingTasks();
                })
            .as("seed %d, dialer %s", seed, dialer)
            .doesNotThrowAnyException();
        side.channel.close();
        side.channel.runPendingTasks();
        side.channel.releaseOutbound();
        assertThat(side.done.cause())
            .as("seed %d, dialer %s", seed, dialer)
            .isInstanceOf(NetworkException.class);
      }
    }
  }
}
