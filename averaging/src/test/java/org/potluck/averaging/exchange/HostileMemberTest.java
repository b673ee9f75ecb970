package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.HeldVersionMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.RunMessage;
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
  private static final int MEMBERS = 5;

  /** What one member knows of the round in which it says things. */
  private record Scene(Group group, ChunkTable chunks, int self) {
    int chunkCount() {
      return chunks.size();
    }

    int ownChunk() {
      return chunks.of(self).getFirst();
    }

    int othersChunk() {
      return chunks.of((self + 1) % MEMBERS).getFirst();
    }

    byte[] payload(int chunk) {
      return new byte[chunks.values(chunk) * Float.BYTES];
    }

    long generation(long rank) {
      return rank * Group.MEMBERS_MAX + self;
    }
  }

  /** Frames that break the protocol: who says them is at fault, by name. */
  @TestFactory
  Stream<DynamicTest> whatCannotBeIsHeldAgainstWhoSaysIt() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = new LinkedHashMap<>();
    chunks(cases);
    averages(cases);
    decisions(cases);
    decidedOtherwise(cases);
    frames(cases);
    return cases.entrySet().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () -> {
                      for (int seed = 0; seed < SEEDS; seed++) {
                        RoundLab lab = said(seed, each.getValue());
                        assertThat(others(lab))
                            .as("seed %d", seed)
                            .anyMatch(member -> namesItMalformed(lab, member));
                      }
                    }));
  }

  /** Frames that may be late, or early, or meant for somebody else. */
  @TestFactory
  Stream<DynamicTest> whatIsOutOfPlaceChangesNothing() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = new LinkedHashMap<>();
    outOfPlace(cases);
    return cases.entrySet().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () -> {
                      for (int seed = 0; seed < SEEDS; seed++) {
                        said(seed, each.getValue());
                      }
                    }));
  }

  private static void chunks(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    FrameKind kind = FrameKind.CONTRIBUTION;
    for (int number : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cases.put(
          "contribution to chunk " + number,
          scene -> List.of(chunk(kind, number, 0, 0, scene.payload(0))));
    }
    cases.put(
        "contribution to the chunk behind the last",
        scene -> List.of(chunk(kind, scene.chunkCount(), 0, 0, scene.payload(0))));
    cases.put(
        "contribution that is too short",
        scene -> List.of(chunk(kind, scene.othersChunk(), 0, 0, new byte[4])));
    cases.put(
        "contribution that is too long",
        scene ->
            List.of(
                chunk(
                    kind,
                    scene.othersChunk(),
                    0,
                    0,
                    new byte[scene.payload(scene.othersChunk()).length + 4])));
    cases.put("contribution without a payload", s -> List.of(chunk(kind, 0, 0, 0, new byte[0])));
    for (int bytes = 0; bytes < 8; bytes++) {
      int length = bytes;
      cases.put(
          "contribution of " + length + " bytes",
          scene -> List.of(Frames.begin(kind, length).put(new byte[length]).flip()));
    }
    cases.put(
        "contribution with a wrong checksum",
        scene -> {
          ByteBuffer frame = chunk(kind, scene.othersChunk(), 0, 0, scene.payload(0));
          return List.of(frame.put(5, (byte) ~frame.get(5)));
        });
    cases.put(
        "mean of a row where there are none",
        scene -> List.of(chunk(FrameKind.CARRIED, 0, 0, 1, scene.payload(0))));
    cases.put(
        "signed contribution where nobody signs",
        scene -> List.of(chunk(FrameKind.SIGNED, 0, 0, 0, scene.payload(0))));
  }

  private static void averages(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    FrameKind kind = FrameKind.AVERAGE;
    for (int number : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cases.put(
          "average of chunk " + number,
          scene -> List.of(chunk(kind, number, 0, 1, scene.payload(0))));
    }
    cases.put(
        "average of the chunk behind the last",
        scene -> List.of(chunk(kind, scene.chunkCount(), 0, 1, scene.payload(0))));
    for (double weight :
        new double[] {
          0, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE
        }) {
      cases.put("average over weight " + weight, scene -> List.of(average(scene, weight)));
    }
    cases.put(
        "average over a little more than the group weighs",
        scene -> List.of(average(scene, scene.group().weightMax() + 1)));
    cases.put(
        "average that is too short",
        scene -> List.of(chunk(kind, scene.ownChunk(), 0, 1, new byte[8])));
    cases.put(
        "average of no numbers",
        scene -> {
          byte[] payload = scene.payload(scene.ownChunk());
          ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, Float.NaN);
          return List.of(chunk(kind, scene.ownChunk(), 0, 1, payload));
        });
    cases.put("average of 23 bytes", s -> List.of(Frames.begin(kind, 23).put(new byte[23]).flip()));
  }

  private static void decisions(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    cases.put(
        "generation of another coordinator",
        scene -> List.of(freeze(scene.generation(1) + 1, List.of())));
    cases.put("generation below zero", scene -> List.of(freeze(-1, List.of())));
    cases.put(
        "the last generation that there is",
        scene ->
            List.of(
                freeze(scene.generation(Long.MAX_VALUE / Group.MEMBERS_MAX - 1), List.of()),
                freeze(scene.generation(Long.MAX_VALUE / Group.MEMBERS_MAX), List.of())));
    cases.put(
        "a generation every moment",
        scene ->
            IntStream.range(1, 20 * MEMBERS)
                .mapToObj(rank -> freeze(scene.generation(rank), List.of()))
                .toList());
    for (int member : new int[] {-1, MEMBERS, Integer.MAX_VALUE}) {
      cases.put(
          "death of member " + member,
          scene -> List.of(freeze(scene.generation(1), List.of(member))));
      cases.put(
          "loss of member " + member,
          scene ->
              List.of(
                  frame(FrameKind.SUSPECT, SuspectMessage.newBuilder().setMember(member).build())));
    }
    cases.put(
        "decision of another coordinator",
        scene -> List.of(reassign(scene.generation(1) + 1, List.of())));
    for (int chunk : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cases.put("wish for chunk " + chunk, scene -> List.of(fetch(List.of(chunk))));
    }
    cases.put(
        "wish for the chunk behind the last", scene -> List.of(fetch(List.of(scene.chunkCount()))));
    cases.put(
        "wish for more chunks than one may wish for",
        scene -> List.of(fetch(Collections.nCopies(4097, 0))));
  }

  /** A generation in which the spans of who begins it are free, and what it makes of them. */
  private static void decidedOtherwise(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    cases.put("decides nothing of what is free", scene -> decided(scene, List.of()));
    cases.put(
        "gives away what is not free",
        scene -> decided(scene, List.of(run(0, scene.chunkCount(), scene.self(), 0))));
    cases.put("gives away nothing", s -> decided(s, List.of(run(s.ownChunk(), 0, 0, 0))));
    cases.put(
        "gives away more chunks than there are",
        s -> decided(s, List.of(run(s.ownChunk(), Integer.MAX_VALUE, 0, 0))));
    cases.put("gives away what is before the first", s -> decided(s, List.of(run(-3, 5, 0, 0))));
    for (int owner : new int[] {-1, MEMBERS, Integer.MAX_VALUE}) {
      cases.put("gives it to member " + owner, s -> decided(s, List.of(own(s, owner, 0))));
    }
    for (long version : new long[] {-1, 1 << 20, Long.MAX_VALUE}) {
      cases.put(
          "gives version " + version,
          s -> decided(s, List.of(own(s, (s.self() + 1) % MEMBERS, version))));
    }
    cases.put(
        "gives the same away twice",
        s -> decided(s, Collections.nCopies(2, own(s, (s.self() + 1) % MEMBERS, 0))));
    cases.put(
        "gives it away backwards",
        s -> {
          List<RunMessage> runs = new ArrayList<>();
          for (int chunk : s.chunks().of(s.self()).reversed()) {
            runs.add(run(chunk, 1, (s.self() + 1) % MEMBERS, 0));
          }
          return decided(s, runs);
        });
  }

  private static void frames(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    for (FrameKind kind :
        List.of(
            FrameKind.JOIN,
            FrameKind.ANSWER,
            FrameKind.HELLO,
            FrameKind.LACKS,
            FrameKind.EVIDENCE)) {
      cases.put(kind + " between members", scene -> List.of(Frames.of(kind)));
    }
    for (FrameKind kind :
        List.of(
            FrameKind.DONE,
            FrameKind.SETTLED,
            FrameKind.FREEZE,
            FrameKind.HELD,
            FrameKind.REASSIGN,
            FrameKind.FETCH,
            FrameKind.SUSPECT)) {
      cases.put(
          kind + " that does not parse",
          scene -> List.of(Frames.begin(kind, 3).put(new byte[] {(byte) 0xff, -1, -1}).flip()));
    }
    for (int length : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cases.put(
          "frame of length " + length,
          scene -> List.of(ByteBuffer.allocate(5).putInt(length).put((byte) 4).flip()));
    }
    for (int kind : new int[] {0, 18, 127, -1}) {
      cases.put(
          "frame of kind " + kind,
          scene -> List.of(ByteBuffer.allocate(6).putInt(2).put((byte) kind).put((byte) 1).flip()));
    }
  }

  private static void outOfPlace(Map<String, Function<Scene, List<ByteBuffer>>> cases) {
    cases.put(
        "contribution of no numbers",
        scene -> {
          byte[] payload = scene.payload(scene.othersChunk());
          ByteBuffer.wrap(payload)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putFloat(0, Float.POSITIVE_INFINITY);
          return List.of(chunk(FrameKind.CONTRIBUTION, scene.othersChunk(), 0, 0, payload));
        });
    cases.put(
        "averages of another's chunks",
        scene ->
            IntStream.range(0, scene.chunkCount())
                .filter(chunk -> scene.chunks().owner(chunk) != scene.self())
                .mapToObj(chunk -> chunk(FrameKind.AVERAGE, chunk, 0, 1, scene.payload(chunk)))
                .toList());
    for (long version : new long[] {-1, 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      cases.put(
          "averages of version " + version,
          scene ->
              scene.chunks().of(scene.self()).stream()
                  .map(chunk -> chunk(FrameKind.AVERAGE, chunk, version, 1, scene.payload(chunk)))
                  .toList());
    }
    cases.put(
        "everybody's contribution, to everybody",
        scene ->
            IntStream.range(0, scene.chunkCount())
                .filter(chunk -> scene.chunks().owner(chunk) == scene.self())
                .mapToObj(chunk -> chunk(FrameKind.CONTRIBUTION, chunk, 0, 0, scene.payload(chunk)))
                .toList());
    for (long generation : new long[] {-1, 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      cases.put(
          "done, in generation " + generation,
          scene ->
              List.of(
                  frame(
                      FrameKind.DONE, DoneMessage.newBuilder().setGeneration(generation).build())));
      cases.put(
          "held, in generation " + generation,
          scene ->
              List.of(
                  frame(
                      FrameKind.HELD, HeldMessage.newBuilder().setGeneration(generation).build())));
    }
    cases.put(
        "decision that nobody waits for",
        scene -> List.of(reassign(scene.generation(0), List.of())));
    cases.put(
        "loss of itself, and of everybody, many times",
        scene ->
            IntStream.range(0, 40 * MEMBERS)
                .mapToObj(
                    i ->
                        frame(
                            FrameKind.SUSPECT,
                            SuspectMessage.newBuilder().setMember(i % MEMBERS).build()))
                .toList());
    cases.put(
        "wishes for all that there is, many times",
        scene ->
            Collections.nCopies(
                100, fetch(IntStream.range(0, scene.chunkCount()).boxed().toList())));
    cases.put(
        "a generation that it does not end",
        scene -> List.of(freeze(scene.generation(1), List.of())));
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
                    frame(
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
      lab.begin();
      ByteBuffer hello = lab.hello();
      for (int later = pushing + 1; later < MEMBERS; later++) {
        int i = later;
        for (int delay : new int[] {0, 5, 40, 300}) {
          lab.simulation.at(
              Duration.ofMillis(delay),
              () -> links.add(open(lab.networks.get(pushing), lab.networks.get(i), hello)));
        }
      }
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
    boolean ended;

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
                              stream.handler(ends);
                              stream.write(first.duplicate());
                            }
                          });
            });
    return ends;
  }

  /** A round in which one member says {@code what} in the middle; the others have finished it. */
  private static RoundLab said(int seed, Function<Scene, List<ByteBuffer>> what) {
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
                .execute(() -> what.apply(scene).forEach(meddler::say)));
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
      return frame(FrameKind.HELD, changed);
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

  private static ByteBuffer average(Scene scene, double weight) {
    int chunk = scene.ownChunk();
    return chunk(FrameKind.AVERAGE, chunk, 0, weight, scene.payload(chunk));
  }

  /** A whole frame, with a checksum that is right. */
  private static ByteBuffer chunk(
      FrameKind kind, int number, long version, double weight, byte[] payload) {
    ByteBuffer body = ByteBuffer.allocate(128 + payload.length).putInt(0).putInt(number);
    switch (kind) {
      case AVERAGE -> body.putLong(version).putDouble(weight);
      case CARRIED -> body.putDouble(weight);
      case SIGNED -> body.put(new byte[Signatures.BYTES]);
      default -> {}
    }
    body.put(payload).flip();
    CRC32C crc = new CRC32C();
    crc.update(body.slice(Integer.BYTES, body.remaining() - Integer.BYTES));
    body.putInt(0, (int) crc.getValue());
    return Frames.begin(kind, body.remaining()).put(body).flip();
  }

  private static ByteBuffer freeze(long generation, List<Integer> dead) {
    return frame(
        FrameKind.FREEZE,
        FreezeMessage.newBuilder().setGeneration(generation).addAllDead(dead).build());
  }

  private static List<ByteBuffer> decided(Scene scene, List<RunMessage> runs) {
    long generation = scene.generation(1);
    return List.of(
        frame(
            FrameKind.FREEZE,
            FreezeMessage.newBuilder().setGeneration(generation).addSlow(scene.self()).build()),
        reassign(generation, runs));
  }

  private static ByteBuffer reassign(long generation, List<RunMessage> runs) {
    return frame(
        FrameKind.REASSIGN,
        ReassignMessage.newBuilder().setGeneration(generation).addAllRuns(runs).build());
  }

  /** All that the member reduces. */
  private static RunMessage own(Scene scene, int owner, long version) {
    return run(scene.ownChunk(), scene.chunks().of(scene.self()).size(), owner, version);
  }

  private static RunMessage run(int first, int count, int owner, long version) {
    return RunMessage.newBuilder()
        .setFirst(first)
        .setCount(count)
        .setOwner(owner)
        .setVersion(version)
        .build();
  }

  private static ByteBuffer fetch(List<Integer> chunks) {
    return frame(FrameKind.FETCH, FetchMessage.newBuilder().addAllChunks(chunks).build());
  }

  private static ByteBuffer frame(FrameKind kind, MessageLite message) {
    return Frames.of(kind, message);
  }
}
