package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.exchange.HostileFrames.Scene;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.HeldVersionMessage;
import org.potluck.averaging.proto.SuspectMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Bandwidth;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/**
 * What a member of the group may say, with the right checksum and at a moment drawn from the seed:
 * the others go on without it and hold the same bits. An exception in a member's loop would fail
 * the simulation.
 */
class HostileMemberTest {
  private static final int SEEDS = 4;
  private static final int MEMBERS = HostileFrames.MEMBERS;

  /** Frames that break the protocol: who says them is at fault, by name. */
  @TestFactory
  Stream<DynamicTest> whatCannotBeIsHeldAgainstWhoSaysIt() {
    return saying(
        HostileFrames.impossible(),
        (seed, lab) ->
            assertThat(others(lab))
                .as("seed %d", seed)
                .anyMatch(member -> namesItMalformed(lab, member)));
  }

  /** Frames that may be late, or early, or meant for somebody else. */
  @TestFactory
  Stream<DynamicTest> whatIsOutOfPlaceChangesNothing() {
    return saying(HostileFrames.outOfPlace(), (_, _) -> {});
  }

  /** What is said is read always, so no chunk may come where it is, or memory would have no end. */
  @Test
  void chunksAndAllElseHaveStreamsOfTheirOwn() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = HostileFrames.onAnotherStream();
    for (Map.Entry<String, Function<Scene, List<ByteBuffer>>> each : cases.entrySet()) {
      for (int seed = 0; seed < SEEDS; seed++) {
        RoundLab lab = said(seed, each.getValue(), Meddler::sayElsewhere);
        assertThat(others(lab))
            .as("%s, seed %d", each.getKey(), seed)
            .anyMatch(member -> namesItMalformed(lab, member));
      }
    }
  }

  /** A test of each case, over some seeds; {@link #said} looks at what is never to happen. */
  private static Stream<DynamicTest> saying(
      Map<String, Function<Scene, List<ByteBuffer>>> cases, BiConsumer<Integer, RoundLab> also) {
    return cases.entrySet().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () -> {
                      for (int seed = 0; seed < SEEDS; seed++) {
                        also.accept(seed, said(seed, each.getValue()));
                      }
                    }));
  }

  @Test
  void whoClaimsToHoldWhatThereIsNotIsTakenForLost() {
    List<UnaryOperator<HeldMessage>> lies =
        List.of(
            held -> claim(held, -1, 1),
            held -> claim(held, held.getGeneration(), 1),
            held -> claim(held, Long.MAX_VALUE, 1),
            held -> claim(held, 0, 1000),
            held -> held.toBuilder().addAllHeld(held.getHeldList()).build(),
            held -> held.toBuilder().addSlow(MEMBERS).build(),
            held -> held.toBuilder().addDead(-1).build());
    for (int lie = 0; lie < lies.size(); lie++) {
      int told = 0;
      for (int seed = 0; seed < 3 * SEEDS; seed++) {
        UnaryOperator<HeldMessage> change = lies.get(lie);
        boolean[] lied = new boolean[1];
        RoundLab lab = lab(seed);
        // The first member decides; this one answers it.
        lab.brokenIndex = 1 + lab.random.nextInt(MEMBERS - 1);
        lab.brokenMember =
            new Meddler(Rounds.PROTOCOL, frame -> changed(frame, change, lied))::around;
        int victim = (lab.brokenIndex + 1) % MEMBERS;
        lab.begin();
        lab.simulation.at(moment(lab), () -> lab.simulation.crash(lab.networks.get(victim)));
        lab.finish();
        // It may be the first member that the others go on without.
        lab.soundWith(List.of());
        assertThat(lab.living().stream().filter(lab::averaged))
            .as("lie %d, seed %d", lie, seed)
            .hasSizeGreaterThan(MEMBERS / 2);
        told += lied[0] && blames(lab.outcome(0), lab.networks.get(lab.brokenIndex)) ? 1 : 0;
      }
      assertThat(told).as("lie %d", lie).isGreaterThan(SEEDS);
    }
  }

  /** Who hears that another is lost, and waits for its link, looks whether it is there: once. */
  @Test
  void whoeverSaysTimeAfterTimeThatAMemberIsLostMakesNobodyDialItMoreThanOnce() {
    RoundLab lab = lab(1);
    lab.brokenIndex = 1;
    Meddler meddler = new Meddler(Rounds.PROTOCOL);
    lab.brokenMember = meddler::around;
    List<Meddler> others = new ArrayList<>();
    lab.machines =
        (member, network) -> {
          others.add(new Meddler(Rounds.PROTOCOL));
          return others.getLast().around(network);
        };
    lab.begin();
    int silent = MEMBERS - 1; // It is to dial all others.
    lab.simulation.cutPower(lab.networks.get(silent));
    lab.simulation.runUntil(() -> meddler.links() == MEMBERS - 2, Duration.ofSeconds(1));
    lab.networks
        .get(1)
        .loop()
        .execute(
            () -> {
              for (int i = 0; i < 500; i++) {
                meddler.say(
                    Frames.of(
                        FrameKind.SUSPECT, SuspectMessage.newBuilder().setMember(silent).build()));
              }
            });
    lab.finish();
    lab.finished(lab.living());
    lab.soundWith(lab.living());
    assertThat(others).allMatch(other -> other.opened() <= MEMBERS);
  }

  /** Only a member that is to dial may open a link; another would stay open behind it. */
  @Test
  void linksThatAreNotExpectedAreClosed() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.begin().finish(); // All are connected from then on.
      int pushing = lab.random.nextInt(MEMBERS - 1);
      List<Ends> links = new ArrayList<>();
      for (int later = pushing + 1; later < MEMBERS; later++) {
        for (int link = 0; link < 3; link++) {
          links.add(
              open(lab.networks.get(pushing), lab.networks.get(later), ByteBuffer.allocate(0)));
        }
      }
      lab.simulation.runFor(Duration.ofMillis(200));
      lab.begin();
      // These are there before a link can be that is dialed now.
      lab.networks.get(pushing).loop().execute(() -> links.forEach(link -> link.say(lab.hello())));
      lab.finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
      for (int i : lab.living()) {
        assertThat(lab.averagedOf(i).faults()).as("seed %d", seed).isEmpty();
      }
      lab.simulation.runFor(Duration.ofSeconds(5));
      assertThat(links).as("seed %d", seed).allMatch(link -> link.ended);
    }
  }

  @Test
  void strangersThatOpenLinksAndSayNothingKeepNobodyOut() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.begin().finish();
      lab.simulation.runFor(Duration.ofSeconds(30));
      List<Ends> links = new ArrayList<>();
      for (int stranger = 0; stranger < 20; stranger++) {
        SimulatedNetwork network = lab.simulation.addPeer(PeerProfile.datacenter());
        for (SimulatedNetwork member : lab.networks) {
          network.remember(member.self(), member.addresses());
          for (int link = 0; link < 30; link++) {
            lab.simulation.at(
                Duration.ofMillis(link),
                () -> links.add(open(network, member, ByteBuffer.allocate(0))));
          }
        }
      }
      lab.simulation.runFor(Duration.ofMillis(300));
      lab.begin().finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
      for (int i : lab.living()) {
        assertThat(lab.averagedOf(i).faults()).as("seed %d", seed).isEmpty();
      }
      lab.simulation.runFor(Duration.ofSeconds(2));
      assertThat(links).hasSize(20 * MEMBERS * 30).allMatch(link -> link.ended);
    }
  }

  private static final class Ends implements StreamHandler {
    org.potluck.network.@Nullable Stream stream;
    boolean ended;

    void say(ByteBuffer frame) {
      if (stream != null) {
        stream.write(frame);
      }
    }

    @Override
    public void received(org.potluck.network.Stream from, ByteBuffer data) {}

    @Override
    public void closed(org.potluck.network.Stream from, StreamEnd end) {
      ended = true;
    }
  }

  private static Ends open(SimulatedNetwork from, SimulatedNetwork to, ByteBuffer first) {
    Ends ends = new Ends();
    from.loop()
        .execute(
            () -> {
              var _ =
                  from.open(to.self(), Rounds.PROTOCOL, Duration.ofSeconds(1))
                      .whenComplete(
                          (stream, failure) -> {
                            if (stream == null) {
                              ends.ended = true;
                            } else {
                              ends.stream = stream;
                              stream.handler(ends);
                              stream.write(first.duplicate());
                            }
                          });
            });
    return ends;
  }

  /** A round in which one member says {@code what} in the middle; the others have finished it. */
  private static RoundLab said(int seed, Function<Scene, List<ByteBuffer>> what) {
    return said(seed, what, Meddler::say);
  }

  private static RoundLab said(
      int seed, Function<Scene, List<ByteBuffer>> what, BiConsumer<Meddler, ByteBuffer> how) {
    RoundLab lab = lab(seed);
    lab.slowWorkers = seed % 2 == 1;
    lab.brokenIndex = (seed + 1) % MEMBERS;
    Meddler meddler = new Meddler(Rounds.PROTOCOL);
    lab.brokenMember = meddler::around;
    lab.begin();
    Scene scene = new Scene(lab.group(), new ChunkTable(lab.group()), lab.brokenIndex);
    lab.simulation.runUntil(() -> meddler.links() == MEMBERS - 1, Duration.ofSeconds(1));
    lab.simulation.at(
        Duration.ofMillis(lab.random.nextInt(150)),
        () ->
            lab.networks
                .get(lab.brokenIndex)
                .loop()
                .execute(() -> what.apply(scene).forEach(frame -> how.accept(meddler, frame))));
    lab.finish();
    lab.finished(others(lab));
    lab.soundWith(others(lab), lab.brokenIndex);
    return lab;
  }

  /** Links so slow that a round takes more than a second. */
  private static RoundLab lab(int seed) {
    RoundLab lab = new RoundLab(seed).members(MEMBERS);
    lab.profiles.replaceAll(
        profile -> profile.withBandwidth(Bandwidth.ofMegabitsPerSecond(0.1), profile.down()));
    return lab;
  }

  /** Links are there, and most averages are not. */
  private static Duration moment(RoundLab lab) {
    return Duration.ofMillis(250 + lab.random.nextInt(400));
  }

  private static List<Integer> others(RoundLab lab) {
    return IntStream.range(0, MEMBERS).filter(i -> i != lab.brokenIndex).boxed().toList();
  }

  private static boolean namesItMalformed(RoundLab lab, int member) {
    return blames(lab.outcome(member), lab.networks.get(lab.brokenIndex));
  }

  private static boolean blames(@Nullable RoundOutcome outcome, SimulatedNetwork peer) {
    return outcome != null
        && outcome.faults().stream()
            .anyMatch(
                fault -> fault instanceof PeerFault.Malformed && fault.peer().equals(peer.self()));
  }

  private static ByteBuffer changed(
      ByteBuffer frame, UnaryOperator<HeldMessage> change, boolean[] lied) {
    int kindAt = frame.position() + Integer.BYTES;
    boolean isHeld =
        frame.remaining() > Frames.HEADER_BYTES
            && frame.get(kindAt) == FrameKind.HELD.wireNumber()
            && frame.getInt(frame.position()) == frame.remaining() - Integer.BYTES;
    if (!isHeld) {
      return frame;
    }
    try {
      HeldMessage said =
          HeldMessage.parseFrom(frame.slice(kindAt + 1, frame.remaining() - Frames.HEADER_BYTES));
      HeldMessage changed = change.apply(said);
      lied[0] |= !changed.equals(said);
      return Frames.of(FrameKind.HELD, changed);
    } catch (InvalidProtocolBufferException e) {
      return frame; // Not one of those after all.
    }
  }

  private static HeldMessage claim(HeldMessage held, long version, int bytes) {
    byte[] all = new byte[bytes];
    Arrays.fill(all, (byte) -1);
    all[0] = bytes == 1 ? (byte) 1 : all[0];
    return held.toBuilder()
        .clearHeld()
        .addHeld(
            HeldVersionMessage.newBuilder().setVersion(version).setChunks(ByteString.copyFrom(all)))
        .build();
  }
}
