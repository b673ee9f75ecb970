package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.reduce.Inspector.Chunk;
import org.potluck.averaging.reduce.Inspector.Excerpt;
import org.potluck.network.PeerId;

/**
 * What a reducer lets into its averages in one round, and what it sees of those who brought it.
 *
 * <p>A reducer sees its own spans of everybody's contribution, chunk by chunk, and averages each as
 * soon as it is complete. So it can leave out at once what is no contribution or far too long; that
 * the rest points nowhere shows over all chunks of a round, and counts for later ones. Leaving
 * something out is this reducer's decision alone: all members apply what it made of the rest, and
 * the chunk's weight says over whom.
 *
 * <p>{@link #look} runs beside the loop and changes nothing here; what it found comes back on the
 * loop with {@link #note}.
 */
public final class Screen {
  /** Why what does not decode to finite numbers is left out. */
  public static final String NO_NUMBERS = "sent values that are no numbers";

  /** Places of the vector whose values are remembered. */
  private static final int PROBES = 2048;

  private static final int PROBES_KEPT_MAX = 512;

  /** Of one chunk, for an audit. */
  static final int EXCERPT_VALUES = 65_536;

  /**
   * Times the limit. The gradient of text that the model does not know is long: the worst seen of
   * an honest peer, the only one with its kind of text, was 1.1 times the limit in some chunks.
   */
  private static final double HELD_FROM = 3;

  private final List<PeerId> members;
  private final double[] weights;
  private final int self;
  private final long length;
  private final Inspector inspector;
  private final double[] usual;
  private final double typical;
  private final Admission admission;
  private final Closer closer;
  private final Inspector.Earlier earlier;
  private final boolean judgesLength;
  private final double medianWeight;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Echo.Heard> echoes = new ArrayList<>();

  /**
   * @param usual root mean square of a value by region, from earlier rounds; NaN where not known
   * @param typical the same over this peer's own contribution; 0 without one
   * @param admission whose contributions are not averaged whatever they are
   * @param closer at which chunks to look more closely
   * @param earlier averages of the rounds before
   * @param judgesLength whether numbers can be too large
   */
  Screen(
      List<PeerId> members,
      double[] weights,
      int self,
      long length,
      Inspector inspector,
      double[] usual,
      double typical,
      Admission admission,
      Closer closer,
      Inspector.Earlier earlier,
      boolean judgesLength) {
    this.members = members;
    this.weights = weights;
    this.self = self;
    this.length = length;
    this.inspector = inspector;
    this.usual = usual;
    this.typical = typical;
    this.admission = admission;
    this.closer = closer;
    this.earlier = earlier;
    this.judgesLength = judgesLength;
    this.medianWeight = Medians.ofPositive(weights);
  }

  /**
   * What was seen of one chunk.
   *
   * @param refused members whose contribution is left out, and why
   * @param agreements null where they were not looked at
   * @param places of the probes
   * @param accepted the median norm of those taken, as root mean square of a value; NaN of none
   * @param excerpt of the contribution that is to be computed again; null where none is kept
   */
  public record Finding(
      Map<Integer, String> refused,
      Map<Integer, Charge> charges,
      BitSet seen,
      Inspector.@Nullable Agreements agreements,
      int values,
      int region,
      int[] places,
      float[][] probes,
      double accepted,
      @Nullable Excerpt excerpt) {
    /** What is left to average. */
    public @Nullable ByteBuffer[] taken(@Nullable ByteBuffer[] received) {
      @Nullable ByteBuffer[] taken = received.clone();
      refused.keySet().forEach(member -> taken[member] = null);
      return taken;
    }

    /** Whether the contribution of {@code member} is left out. */
    public boolean refuses(int member) {
      return refused.containsKey(member);
    }
  }

  /** Why nothing is taken from {@code member} in this round; empty when something may be. */
  public String barred(int member) {
    Charge charge = admission.barred().get(member);
    return charge == null ? "" : charge.reason();
  }

  /** Looks at everybody's contribution to chunk {@code number}. */
  public Finding look(int number, Chunk chunk) {
    int stride = Math.toIntExact(Math.max(1, length / PROBES));
    int offset = Math.toIntExact(Math.floorMod(-chunk.from(), stride));
    Inspector.Lengths lengths = inspector.lengths(chunk, offset, stride);
    double[] norms = lengths.norms();
    Map<Integer, String> refused = new TreeMap<>();
    Map<Integer, Charge> charges = new TreeMap<>();
    BitSet seen = new BitSet();
    double[] countable = norms.clone();
    for (int member = 0; member < norms.length; member++) {
      boolean there = !Double.isNaN(norms[member]) && weights[member] > 0;
      if (!there || admission.bars(member) || admission.withholds(member)) {
        countable[member] = Double.NaN;
      }
      if (there && admission.bars(member)) {
        refused.put(member, barred(member));
      } else if (there) {
        seen.set(member);
      }
    }
    int region = NormHistory.region(chunk.from(), chunk.values(), length);
    double perValue = Math.sqrt(chunk.values());
    double limit = NormLimit.of(countable, usual[region] * perValue, typical * perValue);
    double reference = NormLimit.reference(countable, usual[region] * perValue);
    seen.stream()
        .forEach(
            member -> {
              Charge charge = judge(norms[member], limit, reference, weights[member]);
              if (charge != null) {
                refused.put(member, charge.reason());
                if (charge.share() > 0) {
                  charges.put(member, charge);
                }
              }
            });
    BitSet sound = (BitSet) seen.clone();
    refused.keySet().forEach(sound::clear);
    admission.withheld().forEach(refused::putIfAbsent);
    refused.keySet().removeIf(member -> Double.isNaN(norms[member]));
    BitSet taken = (BitSet) sound.clone();
    refused.keySet().forEach(taken::clear);
    Inspector.Agreements agreements = null;
    if (taken.cardinality() >= Direction.CONTRIBUTIONS_MIN && closer.direction().test(number)) {
      agreements = inspector.agreements(chunk, taken, sound, norms, earlier);
    }
    int audited = closer.audited();
    boolean kept = audited >= 0 && sound.get(audited) && closer.kept().test(number);
    return new Finding(
        refused,
        charges,
        seen,
        agreements,
        chunk.values(),
        region,
        places(chunk.from(), offset, stride, chunk.values()),
        lengths.probes(),
        accepted(norms, taken) / perValue,
        kept ? inspector.excerpt(chunk, audited, taken, norms, EXCERPT_VALUES) : null);
  }

  /** Of no share where a contribution is left out, and nothing held against whoever brought it. */
  private @Nullable Charge judge(double norm, double limit, double reference, double weight) {
    if (Double.isInfinite(norm)) {
      return new Charge(Misdeed.NO_NUMBERS, 1, NO_NUMBERS);
    }
    double allowed = limit * NormLimit.allowance(weight, medianWeight);
    if (judgesLength && limit > 0 && norm > allowed) {
      return new Charge(
          Misdeed.TOO_LARGE,
          norm > HELD_FROM * allowed ? 1 : 0,
          "its contribution is %.0f times as long as the others'"
              .formatted(norm / Math.max(reference, limit / 50)));
    }
    return null;
  }

  private static double accepted(double[] norms, BitSet taken) {
    double[] accepted = taken.stream().mapToDouble(member -> norms[member]).toArray();
    return accepted.length == 0 ? Double.NaN : Medians.of(accepted);
  }

  private static int[] places(long from, int offset, int stride, int values) {
    int count = offset >= values ? 0 : 1 + (values - 1 - offset) / stride;
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = Math.toIntExact((from + offset + (long) i * stride) / stride);
    }
    return places;
  }

  /** On the loop: what was found of a chunk that has been averaged. */
  public void note(Finding finding) {
    findings.add(finding);
  }

  /** What was heard of one's own contribution in an average. */
  public sealed interface Echoed permits Echo.Heard {}

  /**
   * Looks for this peer's own contribution in another's average, beside the loop.
   *
   * @param number of the chunk
   * @param reducer the member that made it
   * @param own this peer's whole contribution; not read where it has none
   * @param average of the whole vector, of which this chunk is there
   * @param from index of the chunk's first value
   * @return null where this chunk is not looked at
   */
  public @Nullable Echoed listen(
      int number, int reducer, MemorySegment own, MemorySegment average, long from, int values) {
    boolean brought = self >= 0 && weights[self] > 0;
    return brought && closer.echo().test(number)
        ? Echo.Heard.of(reducer, own, average, from, values)
        : null;
  }

  /** On the loop: what was heard in an average that has been taken. */
  public void note(Echoed heard) {
    switch (heard) {
      case Echo.Heard chunk -> echoes.add(chunk);
    }
  }

  // The sum of the round.

  int self() {
    return self;
  }

  List<PeerId> members() {
    return members;
  }

  double weight(int member) {
    return weights[member];
  }

  /** Whether a contribution of its was looked at. */
  boolean saw(int member) {
    return findings.stream().anyMatch(finding -> finding.seen().get(member));
  }

  List<Finding> findings() {
    return findings;
  }

  /** Root mean square of a value in what was taken, by region; a region has many chunks or none. */
  Map<Integer, Double> accepted() {
    Map<Integer, Double> squares = new TreeMap<>();
    Map<Integer, Double> values = new TreeMap<>();
    for (Finding finding : findings) {
      double rootMeanSquare = finding.accepted();
      if (!Double.isNaN(rootMeanSquare)) {
        double square = rootMeanSquare * rootMeanSquare * finding.values();
        squares.merge(finding.region(), square, Double::sum);
        values.merge(finding.region(), (double) finding.values(), Double::sum);
      }
    }
    squares.replaceAll((region, sum) -> Math.sqrt(sum / values.getOrDefault(region, 1.0)));
    return squares;
  }

  /** Everything to be held against a member after this round. */
  List<Charge> charges(int member) {
    List<Charge> charges = new ArrayList<>();
    Charge bar = admission.barred().get(member);
    if (bar != null) {
      charges.add(bar);
      return charges;
    }
    int chunks = 0;
    Map<Misdeed, List<Charge>> byMisdeed = new TreeMap<>();
    for (Finding finding : findings) {
      chunks += finding.seen().get(member) ? 1 : 0;
      Charge charge = finding.charges().get(member);
      if (charge != null) {
        byMisdeed.computeIfAbsent(charge.misdeed(), absent -> new ArrayList<>()).add(charge);
      }
    }
    for (List<Charge> same : byMisdeed.values()) {
      Charge first = same.getFirst();
      charges.add(new Charge(first.misdeed(), same.size() / (double) chunks, first.reason()));
    }
    return charges;
  }

  /** What is to be computed again of this round; nothing of somebody who is charged anyway. */
  Optional<Audit> audit() {
    List<Excerpt> excerpts =
        findings.stream().map(Finding::excerpt).filter(Objects::nonNull).toList();
    int audited = closer.audited();
    if (excerpts.isEmpty() || !charges(audited).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Audit(members.get(audited), Math.round(weights[audited]), excerpts));
  }

  /** Where everybody pointed, over all chunks that were looked at. */
  Direction direction() {
    long most = 0;
    for (Finding finding : findings) {
      most += finding.agreements() == null ? 0 : finding.values();
    }
    return new Direction(
        mean((agreements, member) -> agreements.present()[member]), weights, own(), most);
  }

  /** This peer's place; -1 if it contributed nothing. */
  private int own() {
    return self >= 0 && weights[self] > 0 ? self : -1;
  }

  /** What everybody's contribution has in common with others' now, and with earlier averages. */
  Lag lag() {
    double[] present = mean((agreements, member) -> agreements.sampled()[member]);
    double[][] past = past();
    double[][] cosines = new double[weights.length][1 + earlier.averages().size()];
    for (int member = 0; member < cosines.length; member++) {
      cosines[member][0] = present[member];
      System.arraycopy(past[member], 0, cosines[member], 1, past[member].length);
    }
    return new Lag(cosines, weights, own(), places());
  }

  /** What everybody's contribution has that earlier averages have not. */
  Copies copies() {
    return new Copies(past(), weights, own(), places());
  }

  /** What everybody's contribution has in common with each other's. */
  Company company() {
    double[][] pairs = new double[weights.length][weights.length];
    for (int member = 0; member < pairs.length; member++) {
      int one = member;
      double[] others = mean((agreements, other) -> agreements.pairs()[one][other]);
      System.arraycopy(others, 0, pairs[member], 0, others.length);
    }
    return new Company(pairs, weights, own(), places());
  }

  /** What everybody brings beside what others bring, in the order of the vector. */
  List<Leanings.Piece> leaning(int member) {
    return findings.stream()
        .map(Finding::agreements)
        .filter(Objects::nonNull)
        .filter(agreements -> agreements.own()[member].length > 0)
        .map(agreements -> new Leanings.Piece(agreements.first(), agreements.own()[member]))
        .sorted(Comparator.comparingInt(Leanings.Piece::first))
        .toList();
  }

  /** From one place at which earlier averages are known to the next. */
  int stride() {
    return earlier.stride();
  }

  /** By member and earlier average, the newest first. */
  private double[][] past() {
    double[][] cosines = new double[weights.length][earlier.averages().size()];
    for (int round = 0; round < earlier.averages().size(); round++) {
      int at = round;
      double[] past = mean((agreements, member) -> agreements.past()[member][at]);
      for (int member = 0; member < cosines.length; member++) {
        cosines[member][round] = past[member];
      }
    }
    return cosines;
  }

  /** At which earlier averages are known, in the chunks that were looked at. */
  private int places() {
    int places = 0;
    for (Finding finding : findings) {
      places += finding.agreements() == null ? 0 : finding.agreements().places();
    }
    return places;
  }

  /** By member, over all chunks that were looked at; NaN where nothing was. */
  private double[] mean(ToDoubleBiFunction<Inspector.Agreements, Integer> of) {
    double[] mean = new double[weights.length];
    double[] values = new double[weights.length];
    for (Finding finding : findings) {
      Inspector.Agreements agreements = finding.agreements();
      for (int member = 0; agreements != null && member < mean.length; member++) {
        double each = of.applyAsDouble(agreements, member);
        if (!Double.isNaN(each)) {
          mean[member] += finding.values() * each;
          values[member] += finding.values();
        }
      }
    }
    for (int member = 0; member < mean.length; member++) {
      mean[member] = values[member] > 0 ? mean[member] / values[member] : Double.NaN;
    }
    return mean;
  }

  /** What was heard of this peer's own contribution in all averages that were listened to. */
  Echo echo() {
    return new Echo(echoes, weights, self);
  }

  /** What is remembered of a member's contribution. */
  Repeats.Probes probes(int member) {
    TreeMap<Integer, Float> seen = new TreeMap<>();
    for (Finding finding : findings) {
      float[] values = finding.probes()[member];
      for (int i = 0; i < values.length && seen.size() < PROBES_KEPT_MAX; i++) {
        seen.put(finding.places()[i], values[i]);
      }
    }
    int[] places = new int[seen.size()];
    float[] values = new float[seen.size()];
    int at = 0;
    for (Map.Entry<Integer, Float> probe : seen.entrySet()) {
      places[at] = probe.getKey();
      values[at++] = probe.getValue();
    }
    return new Repeats.Probes(places, values);
  }
}
