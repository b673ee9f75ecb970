package org.potluck.averaging.exchange;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.RunMessage;
import org.potluck.averaging.proto.SuspectMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/** What no member should say to another, with the right checksum. */
final class HostileFrames {
  static final int MEMBERS = 5;

  private HostileFrames() {}

  /** What one member knows of the round in which it says things. */
  record Scene(Group group, ChunkTable chunks, int self) {
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

  /** What breaks the protocol. */
  static Map<String, Function<Scene, List<ByteBuffer>>> impossible() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = new LinkedHashMap<>();
    chunks(cases);
    averages(cases);
    decisions(cases);
    decidedOtherwise(cases);
    frames(cases);
    return cases;
  }

  /** What may be late, or early, or meant for somebody else. */
  static Map<String, Function<Scene, List<ByteBuffer>>> outOfPlace() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = new LinkedHashMap<>();
    outOfPlace(cases);
    return cases;
  }

  /** What is right where it belongs; one behind the other where there is more. */
  static Map<String, Function<Scene, List<ByteBuffer>>> onAnotherStream() {
    Map<String, Function<Scene, List<ByteBuffer>>> cases = new LinkedHashMap<>();
    cases.put(
        "contribution",
        scene -> {
          int chunk = scene.othersChunk();
          return List.of(chunk(FrameKind.CONTRIBUTION, chunk, 0, 0, scene.payload(chunk)));
        });
    cases.put("average", scene -> List.of(average(scene, 1)));
    cases.put("sign of life", scene -> List.of(Frames.of(FrameKind.ALIVE)));
    cases.put("wish", scene -> List.of(fetch(List.of(0))));
    return cases;
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
        scene -> List.of(fetch(Collections.nCopies(1025, 0))));
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
            FrameKind.SUSPECT,
            FrameKind.PLAN)) {
      cases.put(
          kind + " that does not parse",
          scene -> List.of(Frames.begin(kind, 3).put(new byte[] {(byte) 0xff, -1, -1}).flip()));
    }
    for (int length : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      cases.put(
          "frame of length " + length,
          scene -> List.of(ByteBuffer.allocate(5).putInt(length).put((byte) 4).flip()));
    }
    for (int kind : new int[] {0, 19, 127, -1}) {
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
