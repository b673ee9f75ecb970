package org.potluck.averaging.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.reduce.Aggregator;
import org.potluck.averaging.reduce.Inspector;

/**
 * What judging contributions costs a reducer, next to averaging them: one chunk of 262,144 values
 * in float16 from each of four members, on one thread, the median of a hundred.
 *
 * <p>{@code java --add-modules jdk.incubator.vector -cp ...
 * org.potluck.averaging.bench.ScreenBench}
 */
public final class ScreenBench {
  private static final int VALUES = 1 << 18;
  private static final int MEMBERS = 4;
  private static final int TURNS = 100;

  /** Of a vector of four million values. */
  private static final int EARLIER_STRIDE = 64;

  private ScreenBench() {}

  public static void main(String[] args) {
    Codec codec = Codecs.of(CodecId.FLOAT16);
    MemorySegment own = Arena.ofAuto().allocate((long) VALUES * Float.BYTES, 64);
    SplittableRandom random = new SplittableRandom(1);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      for (int i = 0; i < VALUES; i++) {
        own.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
      ByteBuffer bytes = ByteBuffer.allocate(codec.encodedBytes(VALUES));
      codec.encode(own, 0, VALUES, bytes);
      received[member] = member == 0 ? null : bytes.flip();
    }
    List<Double> weights = Collections.nCopies(MEMBERS, 8.0);
    List<Codec> codecs = Collections.nCopies(MEMBERS, codec);
    Inspector inspector = new Inspector(codecs, VALUES);
    Inspector.Chunk chunk = new Inspector.Chunk(received, 0, own, 0, VALUES);
    double[] norms = inspector.lengths(chunk, 0, 1024).norms();
    BitSet all = new BitSet();
    all.set(0, MEMBERS);
    Aggregator mean = Aggregation.MEAN.aggregator(codecs, weights, VALUES);
    Aggregator clip = Aggregation.CenteredClip.USUAL.aggregator(codecs, weights, VALUES);
    tell("mean", () -> mean.reduce(received, 0, own, 0, VALUES));
    tell("lengths", () -> inspector.lengths(chunk, 0, 1024));
    tell("directions", () -> inspector.agreements(chunk, all, all, norms, Inspector.Earlier.NONE));
    Inspector.Earlier earlier =
        new Inspector.Earlier(EARLIER_STRIDE, Collections.nCopies(8, new float[VALUES]));
    tell("and the past", () -> inspector.agreements(chunk, all, all, norms, earlier));
    MemorySegment average = mean.reduce(received, 0, own, 0, VALUES).values();
    tell(
        "echo",
        () -> {
          double _ =
              VectorMath.dot(own, average, VALUES) + VectorMath.dot(average, average, VALUES);
        });
    tell("centered clip", () -> clip.reduce(received, 0, own, 0, VALUES));
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
