package org.potluck.averaging.trust;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.reduce.Inspector.Excerpt;

/**
 * What a peer saw of one round, over all chunks that it averaged and all averages that it listened
 * to: sums of plain numbers, which others judge. Confined to the loop.
 */
final class Sightings {
  private static final int PROBES_KEPT_MAX = 512;

  private final double[] weights;
  private final int self;
  private final Inspector.Earlier earlier;
  private final List<Screen.Finding> findings = new ArrayList<>();
  private final List<Echo.Heard> echoes = new ArrayList<>();

  /**
   * @param weights of the members
   * @param self this peer's place
   * @param earlier averages of the rounds before
   */
  Sightings(double[] weights, int self, Inspector.Earlier earlier) {
    this.weights = weights;
    this.self = self;
    this.earlier = earlier;
  }

  void add(Screen.Finding finding) {
    findings.add(finding);
  }

  void add(Echo.Heard heard) {
    echoes.add(heard);
  }

  // What was brought.

  /** Whether a contribution of its was looked at. */
  boolean saw(int member) {
    return findings.stream().anyMatch(finding -> finding.seen().get(member));
  }

  /** Root mean square of a value in what was taken, by region; a region has many chunks or none. */
  Map<Integer, Double> accepted() {
    Map<Integer, Double> squares = new TreeMap<>();
    Map<Integer, Double> values = new TreeMap<>();
    for (Screen.Finding finding : findings) {
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

  /** What is held against a member for what stood in single chunks. */
  List<Charge> charges(int member) {
    List<Charge> charges = new ArrayList<>();
    int chunks = 0;
    Map<Misdeed, List<Charge>> byMisdeed = new TreeMap<>();
    for (Screen.Finding finding : findings) {
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

  /** Of the contribution that is to be computed again. */
  List<Excerpt> excerpts() {
    return findings.stream().map(Screen.Finding::excerpt).filter(Objects::nonNull).toList();
  }

  /** What is remembered of a member's contribution. */
  Repeats.Probes probes(int member) {
    TreeMap<Integer, Float> seen = new TreeMap<>();
    for (Screen.Finding finding : findings) {
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

  // Where it points.

  /** Where everybody pointed, over all chunks that were looked at. */
  Direction direction() {
    long most = 0;
    for (Screen.Finding finding : findings) {
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
        .map(Screen.Finding::agreements)
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
    for (Screen.Finding finding : findings) {
      places += finding.agreements() == null ? 0 : finding.agreements().places();
    }
    return places;
  }

  /** By member, over all chunks that were looked at; NaN where nothing was. */
  private double[] mean(ToDoubleBiFunction<Inspector.Agreements, Integer> of) {
    double[] mean = new double[weights.length];
    double[] values = new double[weights.length];
    for (Screen.Finding finding : findings) {
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

  // What was averaged.

  /** What was heard of this peer's own contribution in all averages that were listened to. */
  Echo echo() {
    return new Echo(echoes, weights, self);
  }
}
