package org.potluck.network.libp2p;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** Two peers on real sockets of this machine. */
@Timeout(120)
@SuppressWarnings({"try", "FutureReturnValueIgnored"})
class Libp2pNetworkTest {
  private static final String ECHO = "/test/echo/1.0.0";
  private static final String DATA = "/test/data/1.0.0";

  private Host alice;
  private Host bob;

  @BeforeEach
  void start() throws Exception {
    alice = Host.start(1);
    bob = Host.start(2);
    alice.know(bob);
    bob.on(
        () -> {
          bob.network.handle(ECHO, stream -> stream.handler(new Echo()));
          return true;
        });
  }

  @AfterEach
  void stop() throws Exception {
    alice.close();
    bob.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {Libp2pOptions.TLS, Libp2pOptions.NOISE})
  void carriesMegabytesBothWaysUnchanged(String security) throws Exception {
    long bytes = 64 << 20;
    try (Host carol = Host.start(3, Host.options().withSecurities(List.of(security)))) {
      carol.know(bob);
      Sending sending = carol.await(() -> opened(carol, ECHO, s -> new Sending(7, bytes).start(s)));
      assertThat(sending.input.get(60, TimeUnit.SECONDS)).isEqualTo(sending.sentDigest());
      assertThat(sending.bytes).isEqualTo(bytes);
      assertThat(sending.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.FINISHED);
      assertThat(sending.queuedMax).isLessThan(4 << 20);
      assertThat(carol.on(carol.network::total).bytesSent()).isGreaterThan(bytes);
      assertThat(carol.on(carol.network::total).bytesReceived()).isGreaterThan(bytes);
    }
  }

  @Test
  void theListenerMayEndItsDirectionFirst() throws Exception {
    Gathering atBob = new Gathering();
    bob.on(
        () -> {
          bob.network.handle(
              DATA,
              stream -> {
                stream.handler(atBob);
                stream.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                stream.closeWrite();
              });
          return true;
        });
    CompletableFuture<Stream> ended = new CompletableFuture<>();
    Gathering atAlice =
        new Gathering() {
          @Override
          public void endOfInput(Stream stream) {
            super.endOfInput(stream);
            ended.complete(stream);
          }
        };
    alice.await(() -> opened(alice, DATA, s -> handled(s, atAlice)));
    Stream stream = ended.get(60, TimeUnit.SECONDS);
    assertThat(atAlice.bytes).isEqualTo(3);
    assertThat(atAlice.end).isNotDone();
    alice.on(
        () -> {
          stream.write(ByteBuffer.wrap(new byte[1000]));
          stream.closeWrite();
          return true;
        });
    assertThat(atAlice.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.FINISHED);
    assertThat(atBob.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.FINISHED);
    assertThat(atBob.bytes).isEqualTo(1000);
  }

  @Test
  void aResetReachesTheOtherSide() throws Exception {
    Gathering atBob = new Gathering();
    bobGathers(atBob);
    Gathering atAlice = new Gathering();
    Stream stream = alice.await(() -> opened(alice, DATA, s -> handledStream(s, atAlice)));
    alice.on(
        () -> {
          stream.write(ByteBuffer.wrap(new byte[100_000]));
          return true;
        });
    atBob.first.get(60, TimeUnit.SECONDS);
    alice.on(
        () -> {
          stream.reset();
          return true;
        });
    assertThat(atAlice.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.RESET_BY_US);
    assertThat(atBob.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.RESET_BY_REMOTE);
  }

  @Test
  void aHundredStreamsRunAtOnce() throws Exception {
    List<CompletableFuture<Sending>> opening = new ArrayList<>();
    alice.on(
        () -> {
          for (int i = 0; i < 100; i++) {
            int seed = i;
            opening.add(opened(alice, ECHO, s -> new Sending(seed, 200_000 + seed).start(s)));
          }
          return true;
        });
    for (CompletableFuture<Sending> one : opening) {
      Sending sending = one.get(60, TimeUnit.SECONDS);
      assertThat(sending.input.get(60, TimeUnit.SECONDS)).isEqualTo(sending.sentDigest());
      assertThat(sending.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.FINISHED);
    }
    assertThat(alice.on(alice.network::connectedPeers)).containsExactly(bob.peer());
  }

  @Test
  void anUnknownProtocolIsDeclined() {
    assertThatThrownBy(
            () -> alice.await(() -> alice.network.open(bob.peer(), "/no/such/1", Host.LONG)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED_PROTOCOL));
  }

  @Test
  void somebodyElseAtTheAddressIsRefused() throws Exception {
    PeerId other = Identity.generate(new SplittableRandom(99)).peerId();
    Multiaddr address = bob.on(bob.network::addresses).getFirst().withPeer(other);
    assertThatThrownBy(() -> alice.await(() -> alice.network.connect(address, Host.LONG)))
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRONG_PEER));
    assertThat(alice.on(alice.network::connectedPeers)).isEmpty();
  }

  @Test
  void aDialToNobodyNamesTheAddressesTried() {
    PeerId nobody = Identity.generate(new SplittableRandom(98)).peerId();
    Multiaddr address = Multiaddr.parse("/ip4/127.0.0.1/tcp/1").withPeer(nobody);
    assertThatThrownBy(() -> alice.await(() -> alice.network.connect(address, Host.LONG)))
        .cause()
        .hasMessageContaining("/ip4/127.0.0.1/tcp/1")
        .isInstanceOfSatisfying(
            NetworkException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
  }

  @Test
  void aSlowReaderStopsTheWriter() throws Exception {
    CompletableFuture<Stream> paused = new CompletableFuture<>();
    Gathering atBob = new Gathering();
    bob.on(
        () -> {
          bob.network.handle(
              DATA,
              stream -> {
                stream.pauseReading();
                stream.handler(atBob);
                stream.closeWrite();
                paused.complete(stream);
              });
          return true;
        });
    long bytes = 32 << 20;
    Sending sending = alice.await(() -> opened(alice, DATA, s -> new Sending(5, bytes).start(s)));
    Stream stream = paused.get(60, TimeUnit.SECONDS);
    // A full round trip of another stream, so that whatever could arrive has arrived.
    Sending other = alice.await(() -> opened(alice, ECHO, s -> new Sending(6, 1 << 20).start(s)));
    assertThat(other.input.get(60, TimeUnit.SECONDS)).isEqualTo(other.sentDigest());
    assertThat(sending.queuedMax).isLessThan(4 << 20);
    assertThat(bob.on(bob.network::total).bytesReceived()).isLessThan(8 << 20);
    bob.on(
        () -> {
          stream.resumeReading();
          return true;
        });
    assertThat(atBob.input.get(60, TimeUnit.SECONDS)).isEqualTo(sending.sentDigest());
    assertThat(atBob.bytes).isEqualTo(bytes);
  }

  @Test
  void aPortInUseIsSaidInWords() throws Exception {
    Multiaddr taken = bob.on(bob.network::addresses).getFirst().withoutPeer();
    assertThatThrownBy(() -> Host.start(4, Libp2pOptions.listeningOn(List.of(taken))))
        .isInstanceOf(ListenException.class)
        .hasMessageContaining(taken.toString())
        .hasMessageContaining("change the port");
  }

  @Test
  void aLostConnectionIsToldToItsStreamsAndListeners() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    bob.on(
        () -> {
          bob.network.listen(
              new Network.ConnectionListener() {
                @Override
                public void connected(PeerId peer) {
                  events.add("connected " + peer);
                }

                @Override
                public void disconnected(PeerId peer) {
                  events.add("disconnected " + peer);
                }
              });
          return true;
        });
    Gathering atBob = new Gathering();
    bobGathers(atBob);
    Gathering atAlice = new Gathering();
    Stream stream = alice.await(() -> opened(alice, DATA, s -> handledStream(s, atAlice)));
    alice.on(
        () -> {
          stream.write(ByteBuffer.wrap(new byte[10]));
          return true;
        });
    atBob.first.get(60, TimeUnit.SECONDS);
    alice.on(
        () -> {
          alice.network.disconnect(bob.peer());
          return true;
        });
    assertThat(atBob.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(atAlice.end.get(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.RESET_BY_US);
    assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo("connected " + alice.peer());
    assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo("disconnected " + alice.peer());
  }

  @Test
  void twoPeersThatDialEachOtherBothSucceed() throws Exception {
    bob.know(alice);
    alice.on(
        () -> {
          alice.network.handle(ECHO, stream -> stream.handler(new Echo()));
          return true;
        });
    CompletableFuture<Sending> fromAlice =
        CompletableFuture.supplyAsync(
                () -> opened(alice, ECHO, s -> new Sending(1, 300_000).start(s)), alice.loop)
            .thenCompose(f -> f);
    CompletableFuture<Sending> fromBob =
        CompletableFuture.supplyAsync(
                () -> opened(bob, ECHO, s -> new Sending(2, 300_000).start(s)), bob.loop)
            .thenCompose(f -> f);
    for (CompletableFuture<Sending> one : List.of(fromAlice, fromBob)) {
      Sending sending = one.get(60, TimeUnit.SECONDS);
      assertThat(sending.input.get(60, TimeUnit.SECONDS)).isEqualTo(sending.sentDigest());
    }
    assertThat(alice.on(alice.network::connectedPeers)).containsExactly(bob.peer());
    assertThat(bob.on(bob.network::connectedPeers)).containsExactly(alice.peer());
  }

  private void bobGathers(Gathering gathering) throws Exception {
    bob.on(
        () -> {
          bob.network.handle(DATA, stream -> stream.handler(gathering));
          return true;
        });
  }

  private <T> CompletableFuture<T> opened(Host from, String protocol, Function<Stream, T> then) {
    PeerId to = from == bob ? alice.peer() : bob.peer();
    return from.network.open(to, protocol, Host.LONG).thenApply(then);
  }

  private static Gathering handled(Stream stream, Gathering handler) {
    stream.handler(handler);
    return handler;
  }

  private static Stream handledStream(Stream stream, Gathering handler) {
    stream.handler(handler);
    return stream;
  }

  /** Sends everything back, reading no faster than that goes. */
  private static final class Echo implements StreamHandler {
    @Override
    public void received(Stream stream, ByteBuffer data) {
      stream.write(ByteBuffer.allocate(data.remaining()).put(data).flip());
      if (!stream.writable()) {
        stream.pauseReading();
      }
    }

    @Override
    public void writable(Stream stream) {
      stream.resumeReading();
    }

    @Override
    public void endOfInput(Stream stream) {
      stream.closeWrite();
    }
  }
}
