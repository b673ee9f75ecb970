package org.potluck.averaging.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.reduce.Aggregator;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/**
 * What judging contributions costs a reducer, next to averaging them: one chunk of 262,144 values
 * in float16 from each of four members, and of sixteen, on one thread, the median of a hundred.
 * Last, what follows once a round has ended in which that chunk was reduced of four million values.
 *
 * <p>{@code java --add-modules jdk.incubator.vector -cp ...
 * org.potluck.averaging.bench.ScreenBench}
 */
public final class ScreenBench {
  private static final int VALUES = 1 << 18;
  private static final int TURNS = 100;

  /** Of a vector of four million values. */
  private static final int EARLIER_STRIDE = 64;

  private static final int EARLIER_ROUNDS = 8;
  private static final Codec CODEC = Codecs.of(CodecId.FLOAT16);

  private final SplittableRandom random = new SplittableRandom(1);
  private final Trust trust = new Trust(random.split());
  private final int members;
  private final List<Double> weights;
  private final List<Codec> codecs;
  private final Contribution own;
  private final Inspector.Chunk chunk;

  private ScreenBench(int members) {
    this.members = members;
    this.weights = Collections.nCopies(members, 8.0);
    this.codecs = Collections.nCopies(members, CODEC);
    long bytes = (long) VALUES * EARLIER_STRIDE / 4 * Float.BYTES;
    MemorySegment vector = Arena.ofAuto().allocate(bytes, 64);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[members];
    float[] common = noise(VALUES);
    for (int member = members - 1; member >= 0; member--) {
      for (int i = 0; i < VALUES; i++) {
        float value = common[i] + (float) random.nextGaussian();
        vector.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
      ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(VALUES));
      CODEC.encode(vector, 0, VALUES, encoded);
      received[member] = member == 0 ? null : encoded.flip();
    }
    this.own = new Contribution(vector, 8);
    this.chunk = new Inspector.Chunk(received, 0, vector, 0, VALUES);
  }

  private float[] noise(int values) {
    float[] noise = new float[values];
    for (int i = 0; i < values; i++) {
      noise[i] = (float) random.nextGaussian();
    }
    return noise;
  }

  public static void main(String[] args) {
    for (int members : new int[] {4, 16}) {
      System.out.printf(Locale.ROOT, "%d members%n", members);
      new ScreenBench(members).run();
    }
  }

  private void run() {
    Inspector inspector = new Inspector(codecs, VALUES);
    double[] norms = inspector.lengths(chunk, 0, 1024).norms();
    BitSet all = new BitSet();
    all.set(0, members);
    Aggregator mean = Aggregation.MEAN.aggregator(codecs, weights, VALUES);
    Aggregator clip = Aggregation.CenteredClip.USUAL.aggregator(codecs, weights, VALUES);
    tell("mean", () -> mean.reduce(chunk.received(), 0, chunk.own(), 0, VALUES));
    tell("lengths", () -> inspector.lengths(chunk, 0, 1024));
    tell("directions", () -> inspector.agreements(chunk, all, all, norms, Inspector.Earlier.NONE));
    List<float[]> averages = new ArrayList<>();
    for (int round = 0; round < EARLIER_ROUNDS; round++) {
      averages.add(noise(VALUES / 4));
    }
    Inspector.Earlier earlier = new Inspector.Earlier(EARLIER_STRIDE, averages);
    tell("and the past", () -> inspector.agreements(chunk, all, all, norms, earlier));
    MemorySegment average = mean.reduce(chunk.received(), 0, chunk.own(), 0, VALUES).values();
    tell(
        "echo",
        () -> {
          double _ =
              VectorMath.dot(chunk.own(), average, VALUES)
                  + VectorMath.dot(average, average, VALUES);
        });
    tell("centered clip", () -> clip.reduce(chunk.received(), 0, chunk.own(), 0, VALUES));
    List<Screen> screens = screens();
    tell("conclusions", () -> trust.conclude(screens.removeLast(), own.values(), Instant.EPOCH));
  }

  /** Of rounds that have ended. */
  private List<Screen> screens() {
    List<PeerId> peers =
        IntStream.range(0, members).mapToObj(_ -> Identity.generate(random).peerId()).toList();
    List<List<Integer>> chunks =
        IntStream.range(0, members)
            .mapToObj(i -> i == 0 ? List.of(0) : List.<Integer>of())
            .toList();
    for (int round = 0; round < EARLIER_ROUNDS; round++) {
      trust.conclude(screen(peers, chunks), own.values(), Instant.EPOCH);
    }
    List<Screen> screens = new ArrayList<>();
    for (int round = 0; round < 2 * TURNS; round++) {
      screens.add(screen(peers, chunks));
    }
    return screens;
  }

  private Screen screen(List<PeerId> peers, List<List<Integer>> chunks) {
    Screen screen = trust.screen(peers, weights, 0, own, codecs, chunks, VALUES, Instant.EPOCH);
    screen.note(screen.look(0, chunk));
    return screen;
  }

  private static void tell(String what, Runnable work) {
    for (int turn = 0; turn < TURNS; turn++) {
      work.run();
    }
    long[] nanos = new long[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
      long before = System.nanoTime();
      work.run();
      nanos[turn] = System.nanoTime() - before;
    }
    Arrays.sort(nanos);
    System.out.printf(Locale.ROOT, "%-14s %8.3f ms a chunk%n", what, nanos[TURNS / 2] / 1e6);
  }
}
