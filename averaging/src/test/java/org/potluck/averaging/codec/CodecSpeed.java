package org.potluck.averaging.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One pass over 16 Mi values off the heap, in chunks of 65,536, on one thread: milliseconds a pass.
 *
 * <p>Run it with {@code scripts/benchmark-codecs}; {@code potluck bench codec} measures the same
 * with the copy in turns, which suits a noisy machine better.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class CodecSpeed {
  private static final int VALUES = 16 << 20;
  private static final int CHUNK = 1 << 16;

  private final MemorySegment vector = Arena.ofAuto().allocate(VALUES * 4L, 64);
  private final MemorySegment target = Arena.ofAuto().allocate(VALUES * 4L, 64);
  private final ByteBuffer[] chunks = new ByteBuffer[VALUES / CHUNK];

  @Param({"FLOAT16", "FLOAT16_SCALED", "INT8_BLOCKWISE", "INT4_BLOCKWISE", "SPARSE"})
  private CodecId id = CodecId.FLOAT16;

  private Codec codec = Codecs.of(id);

  @Setup
  public void fill() {
    codec = Codecs.of(id);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < VALUES; i++) {
      vector.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (random.nextGaussian() * 1e-3));
    }
    for (int i = 0; i < chunks.length; i++) {
      chunks[i] = ByteBuffer.allocateDirect(codec.encodedBytes(CHUNK));
    }
    encode();
  }

  @Benchmark
  public void copy() {
    target.copyFrom(vector);
  }

  @Benchmark
  public void encode() {
    for (int i = 0; i < chunks.length; i++) {
      codec.encode(vector, (long) i * CHUNK, CHUNK, chunks[i].clear());
      chunks[i].flip();
    }
  }

  @Benchmark
  public void decode() {
    for (int i = 0; i < chunks.length; i++) {
      codec.decode(chunks[i], target, (long) i * CHUNK, CHUNK);
    }
  }

  @Benchmark
  public void accumulate() {
    for (int i = 0; i < chunks.length; i++) {
      codec.accumulate(chunks[i], 0.25, target, (long) i * CHUNK, CHUNK);
    }
  }
}
