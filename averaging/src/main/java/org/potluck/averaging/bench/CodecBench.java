package org.potluck.averaging.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;

/**
 * Encodes and decodes a vector beyond the cache, chunk by chunk, on one thread, and compares with
 * copying the same float32 values.
 *
 * <p>Vectors lie outside the heap; chunks are direct buffers or heap ones. Every case is warmed up,
 * then measured in turns with the copy, so that a noisy neighbour hits both; medians count, and a
 * ratio is the median of the rounds' ratios. Time is the thread's processor time, where the machine
 * tells it, so that waiting for a processor does not count.
 */
public final class CodecBench {
  /** One case of the report: metrics by their fixed names. */
  public record Case(String name, Map<String, Double> metrics) {}

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int VALUES = 16 << 20;
  private static final int CHUNK = 1 << 16;

  private final int runs;
  private final MemorySegment vector;
  private final MemorySegment decoded;

  private CodecBench(int runs, Arena arena) {
    this.runs = runs;
    this.vector = arena.allocate((long) VALUES * Float.BYTES, 64);
    this.decoded = arena.allocate((long) VALUES * Float.BYTES, 64);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < VALUES; i++) {
      vector.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (random.nextGaussian() * 1e-3));
    }
  }

  /** All cases, each the median of {@code runs} runs. */
  public static List<Case> run(int runs) {
    try (Arena arena = Arena.ofConfined()) {
      CodecBench bench = new CodecBench(runs, arena);
      List<Case> cases = new ArrayList<>();
      cases.add(bench.measure("float16", CodecId.FLOAT16, true));
      cases.add(bench.measure("float16-heap", CodecId.FLOAT16, false));
      cases.add(bench.measure("float16-scaled", CodecId.FLOAT16_SCALED, true));
      cases.add(bench.measure("int8", CodecId.INT8_BLOCKWISE, true));
      cases.add(bench.measure("int8-heap", CodecId.INT8_BLOCKWISE, false));
      cases.add(bench.measure("int8-uniform", CodecId.INT8_UNIFORM, true));
      cases.add(bench.measure("int4", CodecId.INT4_BLOCKWISE, true));
      cases.add(bench.measure("sparse", CodecId.SPARSE, true));
      return cases;
    }
  }

  public static void main(String[] arguments) {
    for (Case one : run(9)) {
      System.out.println(one.name() + " " + one.metrics());
    }
  }

  private Case measure(String name, CodecId id, boolean direct) {
    Codec codec = Codecs.of(id);
    int chunkBytes = codec.encodedBytes(CHUNK);
    ByteBuffer[] chunks = new ByteBuffer[VALUES / CHUNK];
    Arrays.setAll(
        chunks,
        i -> direct ? ByteBuffer.allocateDirect(chunkBytes) : ByteBuffer.allocate(chunkBytes));
    double[] copy = new double[runs];
    double[] encode = new double[runs];
    double[] decode = new double[runs];
    double[] accumulate = new double[runs];
    for (int run = -runs; run < runs; run++) {
      int at = Math.max(run, 0);
      copy[at] = seconds(() -> decoded.copyFrom(vector));
      encode[at] = seconds(() -> encode(codec, chunks));
      decode[at] = seconds(() -> decode(codec, chunks));
      accumulate[at] = seconds(() -> accumulate(codec, chunks));
    }
    double gigabytes = VALUES * 4.0 / 1e9;
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("encode_gigabytes_per_second", gigabytes / median(encode));
    metrics.put("decode_gigabytes_per_second", gigabytes / median(decode));
    metrics.put("accumulate_gigabytes_per_second", gigabytes / median(accumulate));
    metrics.put("copy_gigabytes_per_second", gigabytes / median(copy));
    metrics.put("ratio_to_copy", medianRatio(copy, encode));
    metrics.put("decode_ratio_to_copy", medianRatio(copy, decode));
    metrics.put("accumulate_ratio_to_copy", medianRatio(copy, accumulate));
    metrics.put("bytes_per_value", (double) chunkBytes / CHUNK);
    return new Case(name, metrics);
  }

  private void encode(Codec codec, ByteBuffer[] chunks) {
    for (int i = 0; i < chunks.length; i++) {
      codec.encode(vector, (long) i * CHUNK, CHUNK, chunks[i].clear());
      chunks[i].flip();
    }
  }

  private void decode(Codec codec, ByteBuffer[] chunks) {
    for (int i = 0; i < chunks.length; i++) {
      codec.decode(chunks[i], decoded, (long) i * CHUNK, CHUNK);
    }
  }

  private void accumulate(Codec codec, ByteBuffer[] chunks) {
    for (int i = 0; i < chunks.length; i++) {
      codec.accumulate(chunks[i], 0.25, decoded, (long) i * CHUNK, CHUNK);
    }
  }

  private static double seconds(Runnable work) {
    long start = now();
    work.run();
    return (now() - start) / 1e9;
  }

  private static long now() {
    return THREADS.isCurrentThreadCpuTimeSupported()
        ? THREADS.getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static double median(double[] times) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double medianRatio(double[] of, double[] to) {
    double[] ratios = new double[of.length];
    Arrays.setAll(ratios, i -> of[i] / to[i]);
    return median(ratios);
  }
}
