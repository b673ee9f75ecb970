package org.potluck.averaging.reduce;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;

/**
 * Measures the contributions to one chunk: how long they are, which way they point, and a few of
 * their values. What follows from it is for others to judge.
 *
 * <p>Holds two chunks of memory whatever the size of the group: each contribution is decoded,
 * looked at and forgotten.
 */
public final class Inspector {
  private static final float[] NONE = {};

  /** Shorter contributions are taken for zeros, which have no direction. */
  private static final double SHORTEST = 1e-30;

  private final List<Codec> codecs;
  private final MemorySegment decoded;
  private final MemorySegment sum;

  /**
   * @param codecs of the contributions, by member
   * @param valuesMax values of the longest chunk
   */
  public Inspector(List<Codec> codecs, int valuesMax) {
    this.codecs = List.copyOf(codecs);
    this.decoded = Arena.ofAuto().allocate((long) valuesMax * Float.BYTES, Float.BYTES);
    this.sum = Arena.ofAuto().allocate((long) valuesMax * Float.BYTES, Float.BYTES);
  }

  /**
   * The contributions to a chunk.
   *
   * @param received encoded, by member; null where there is none
   * @param self the member whose contribution is {@code own} instead; -1 for none
   * @param from index in {@code own} of the chunk's first value
   */
  public record Chunk(
      @Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values) {
    boolean has(int member) {
      return member == self || received[member] != null;
    }
  }

  /**
   * Euclidean norms and probes.
   *
   * @param norms by member: NaN where there is no contribution, infinite where its bytes are none
   * @param probes by member: values of the chunk's every {@code stride}-th place; empty where there
   *     is no contribution
   */
  public record Lengths(double[] norms, float[][] probes) {}

  /**
   * @param offset of the first probe in the chunk
   * @param stride between probes; one or more
   */
  public Lengths lengths(Chunk chunk, int offset, int stride) {
    int members = chunk.received().length;
    double[] norms = new double[members];
    Arrays.fill(norms, Double.NaN);
    float[][] probes = new float[members][];
    Arrays.fill(probes, NONE);
    for (int member = 0; member < members; member++) {
      if (chunk.has(member)) {
        MemorySegment values = sound(chunk, member) ? values(chunk, member) : null;
        double norm = values == null ? Double.NaN : VectorMath.norm(values, 0, chunk.values());
        norms[member] = Double.isNaN(norm) ? Double.POSITIVE_INFINITY : norm;
        probes[member] = values == null ? NONE : probe(values, chunk.values(), offset, stride);
      }
    }
    return new Lengths(norms, probes);
  }

  /**
   * Averages of earlier rounds, at some places of the vector.
   *
   * @param stride from one place to the next, beginning with the vector's first; one or more
   * @param averages the newest first; of equal length
   */
  public record Earlier(int stride, List<float[]> averages) {
    /** None. */
    public static final Earlier NONE = new Earlier(1, List.of());

    public Earlier {
      averages = List.copyOf(averages);
    }
  }

  /**
   * Where the contributions to a chunk point.
   *
   * @param present by member: the cosine with the sum of all others', each taken as a direction, so
   *     that none counts for more than another, however long it is; NaN for those that take no
   *     part, 0 for who brings only zeros
   * @param sampled the same over the places of the earlier averages alone
   * @param past by member and earlier average: the cosine with that, over the same places
   * @param pairs of each two members, over the same places; NaN on the diagonal
   * @param own by member: what is left at these places when what points along the sum of the
   *     others', and along the earlier averages, is taken away; empty for who is not judged
   * @param first number of the first place in the vector
   * @param places how many these are
   */
  public record Agreements(
      double[] present,
      double[] sampled,
      double[][] past,
      double[][] pairs,
      float[][] own,
      int first,
      int places) {}

  /**
   * Compares each contribution to the chunk with all others', and with what was averaged before.
   *
   * @param who whose contributions make the sum
   * @param judged whose are compared with it, {@code who} among them
   * @param norms of their contributions
   */
  public Agreements agreements(
      Chunk chunk, BitSet who, BitSet judged, double[] norms, Earlier earlier) {
    double[] present = new double[norms.length];
    Arrays.fill(present, Double.NaN);
    double[] sampled = present.clone();
    double[][] past = new double[norms.length][earlier.averages().size()];
    for (double[] each : past) {
      Arrays.fill(each, Double.NaN);
    }
    float[][] taken = new float[norms.length][];
    Arrays.fill(taken, NONE);
    float[][] left = taken.clone();
    sumDirections(chunk, who, norms, chunk.values());
    double square = VectorMath.dot(sum, sum, chunk.values());
    Sample sample = new Sample(chunk, earlier);
    for (int member = judged.nextSetBit(0); member >= 0; member = judged.nextSetBit(member + 1)) {
      MemorySegment values = norms[member] > SHORTEST ? values(chunk, member) : null;
      present[member] = 0;
      if (values != null) {
        double own = who.get(member) ? 1 : 0;
        double along = VectorMath.dot(sum, values, chunk.values()) / norms[member];
        double others = Math.sqrt(Math.max(0, square - 2 * own * along + own));
        present[member] = others > 1e-6 ? Math.clamp((along - own) / others, -1, 1) : 0;
        sampled[member] = sample.present(values, own / norms[member]);
        past[member] = sample.past(values);
        taken[member] = sample.of(values);
        left[member] = sample.left(taken[member], (float) (own / norms[member]));
      }
    }
    return new Agreements(present, sampled, past, pairs(taken), left, sample.first, sample.count);
  }

  /** Cosines of each two; NaN where one of them is empty, or zero. */
  private static double[][] pairs(float[][] values) {
    double[][] cosines = new double[values.length][values.length];
    for (double[] each : cosines) {
      Arrays.fill(each, Double.NaN);
    }
    double[] squares = new double[values.length];
    for (int one = 0; one < values.length; one++) {
      squares[one] = dot(values[one], values[one]);
      for (int other = 0; other < one; other++) {
        if (squares[one] > SHORTEST && squares[other] > SHORTEST) {
          double cosine =
              dot(values[one], values[other]) / Math.sqrt(squares[one] * squares[other]);
          cosines[one][other] = cosine;
          cosines[other][one] = cosine;
        }
      }
    }
    return cosines;
  }

  /** Takes what points along each of {@code directions}, which are at right angles, away. */
  private static void clear(float[] values, List<float[]> directions) {
    for (float[] direction : directions) {
      double square = dot(direction, direction);
      double share = square > SHORTEST ? dot(values, direction) / square : 0;
      for (int i = 0; i < values.length; i++) {
        values[i] -= (float) (share * direction[i]);
      }
    }
  }

  private static double dot(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  /** The places of a chunk at which earlier averages are known. */
  private final class Sample {
    private final int offset;
    private final int stride;
    private final int count;
    private final int first;
    private final List<float[]> averages;

    /** The earlier averages, each without what points along those before it. */
    private final List<float[]> past;

    Sample(Chunk chunk, Earlier earlier) {
      stride = earlier.stride();
      averages = earlier.averages();
      offset = (int) Math.floorMod(-chunk.from(), (long) stride);
      first = Math.toIntExact((chunk.from() + offset) / stride);
      count =
          averages.isEmpty() || offset >= chunk.values()
              ? 0
              : 1 + (chunk.values() - 1 - offset) / stride;
      past = new ArrayList<>();
      for (float[] average : averages) {
        float[] here = Arrays.copyOfRange(average, first, first + count);
        clear(here, past);
        past.add(here);
      }
    }

    /**
     * What of a contribution points neither along the sum of all others' nor along an earlier
     * average.
     *
     * @param values of it, at these places
     * @param share how much of {@code values} is in the sum
     */
    float[] left(float[] values, float share) {
      float[] others = of(sum);
      for (int i = 0; i < count; i++) {
        others[i] -= share * values[i];
      }
      clear(others, past);
      float[] left = values.clone();
      clear(left, past);
      clear(left, List.of(others));
      return left;
    }

    /**
     * The cosine with the sum of all others' directions.
     *
     * @param share how much of {@code values} is in the sum
     */
    double present(MemorySegment values, double share) {
      double own = 0;
      double others = 0;
      double along = 0;
      for (int i = 0; i < count; i++) {
        double value = at(values, i);
        double total = at(sum, i) - share * value;
        own += value * value;
        others += total * total;
        along += value * total;
      }
      return own > SHORTEST && others > SHORTEST ? along / Math.sqrt(own * others) : Double.NaN;
    }

    double[] past(MemorySegment values) {
      double[] cosines = new double[averages.size()];
      for (int round = 0; round < cosines.length; round++) {
        float[] average = averages.get(round);
        double own = 0;
        double then = 0;
        double along = 0;
        for (int i = 0; i < count; i++) {
          double value = at(values, i);
          double total = average[first + i];
          own += value * value;
          then += total * total;
          along += value * total;
        }
        cosines[round] =
            own > SHORTEST && then > SHORTEST ? along / Math.sqrt(own * then) : Double.NaN;
      }
      return cosines;
    }

    float[] of(MemorySegment values) {
      float[] at = new float[count];
      for (int i = 0; i < count; i++) {
        at[i] = (float) at(values, i);
      }
      return at;
    }

    private double at(MemorySegment values, int i) {
      long place = (long) offset + (long) i * stride;
      return values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, place * Float.BYTES);
    }
  }

  /**
   * One contribution beside all others', to be compared with what it should have been.
   *
   * @param from index in the vector of the first value
   * @param contribution decoded
   * @param others the sum of the others', each taken as a direction; as many values
   */
  public record Excerpt(long from, float[] contribution, float[] others) {}

  /**
   * What {@code member} brought, from the beginning of the chunk.
   *
   * @param who whose contributions take part, {@code member}'s among them
   * @param norms of their contributions
   * @param valuesMax no more than so many values
   */
  public Excerpt excerpt(Chunk chunk, int member, BitSet who, double[] norms, int valuesMax) {
    int count = Math.min(chunk.values(), valuesMax);
    BitSet others = (BitSet) who.clone();
    others.clear(member);
    sumDirections(chunk, others, norms, count);
    return new Excerpt(chunk.from(), copy(values(chunk, member), count), copy(sum, count));
  }

  /** Leaves in {@link #sum} what {@code who} brought, each taken as a direction. */
  private void sumDirections(Chunk chunk, BitSet who, double[] norms, int count) {
    sum.asSlice(0, (long) count * Float.BYTES).fill((byte) 0);
    for (int member = who.nextSetBit(0); member >= 0; member = who.nextSetBit(member + 1)) {
      MemorySegment values = norms[member] > SHORTEST ? values(chunk, member) : null;
      if (values != null) {
        VectorMath.addScaled(values, 0, (float) (1 / norms[member]), sum, 0, count);
      }
    }
  }

  private static float[] copy(@Nullable MemorySegment values, int count) {
    float[] copy = new float[count];
    if (values != null) {
      MemorySegment.copy(values, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, copy, 0, count);
    }
    return copy;
  }

  /** Whether its bytes are a contribution; what is measured further has been found to be one. */
  private boolean sound(Chunk chunk, int member) {
    ByteBuffer encoded = chunk.received()[member];
    return member == chunk.self()
        || (encoded != null && codecs.get(member).wellFormed(encoded, chunk.values()));
  }

  /** Its values, until the next are asked for; null where there is no contribution. */
  private @Nullable MemorySegment values(Chunk chunk, int member) {
    if (member == chunk.self()) {
      long bytes = (long) chunk.values() * Float.BYTES;
      return chunk.own().asSlice(chunk.from() * Float.BYTES, bytes);
    }
    ByteBuffer encoded = chunk.received()[member];
    if (encoded == null) {
      return null;
    }
    codecs.get(member).decode(encoded, decoded, 0, chunk.values());
    return decoded;
  }

  private static float[] probe(MemorySegment values, int count, int offset, int stride) {
    int probes = offset >= count ? 0 : 1 + (count - 1 - offset) / stride;
    float[] seen = new float[probes];
    for (int i = 0; i < probes; i++) {
      long at = ((long) offset + (long) i * stride) * Float.BYTES;
      seen[i] = values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    }
    return seen;
  }
}
