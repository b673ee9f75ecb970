package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.network.PeerId;

/**
 * What one peer thinks of all others, over all rounds of a run.
 *
 * <p>It judges by what it saw itself as a reducer. What others say of third parties counts only as
 * {@link Opinions} lets it. Whoever is banned here is not admitted to groups that this peer leads,
 * is not followed, and adds nothing to what this peer reduces; others may think otherwise, and
 * every average says over which weight it was taken.
 */
public final class Trust {
  private static final int SAMPLES = 64;
  private static final int SAMPLE_VALUES = 1024;
  private static final double OPPOSES_BELOW = -0.85;
  private static final double CONTRADICTS_BELOW = -0.2;
  private static final double UNRELATED_BELOW = 0.12;

  /**
   * Whose contributions have so much of their own in common with each other has its own data. Noise
   * is at -0.03 (5,000 places), peers with other text at 0.05 to 0.6.
   */
  private static final double OWN_DATA_FROM = 0.02;

  /** Who finds that of its own contributions does not listen for them in averages. */
  private static final double ODD_FROM = 0.2;

  private static final double LONELY_BELOW = 0.12;
  private static final double FALSE_BELOW = 0.2;

  /** What a peer of lower standing brings is looked at and not averaged. */
  private static final double TRUSTED_FROM = 0.5;

  /** Of a ban by most whose end is past, as they tell it, or not told. */
  private static final Duration LOOKED_AT_AGAIN = Duration.ofSeconds(30);

  private final RandomGenerator random;
  private final boolean judges;
  private final Standings standings = new Standings();
  private final Opinions opinions = new Opinions();
  private final Speeds speeds = new Speeds();
  private final Bearings directions = new Bearings();
  private final Bearings echoes = new Bearings();
  private final Bearings lags = new Bearings();
  private final Bearings companies = new Bearings();
  private final Bearings copies = new Bearings();
  private final Bearings lasting = new Bearings();
  private final Leanings leanings = new Leanings();
  private final Repeats repeats = new Repeats();
  private final NormHistory norms = new NormHistory();
  private final Past past = new Past();
  private double auditsPerGroup;
  private @Nullable Audit due;

  /**
   * @param random chooses which chunks are looked at more closely; whoever could guess it could
   *     behave in those
   */
  public Trust(RandomGenerator random) {
    this(random, true);
  }

  private Trust(RandomGenerator random, boolean judges) {
    this.random = random;
    this.judges = judges;
  }

  /** Takes whatever is made of numbers, from everybody. */
  public static Trust off() {
    return new Trust(new SplittableRandom(0), false);
  }

  /**
   * Tells what weights can be expected: the run's target batch and what a peer computes at once.
   */
  public void expect(long targetSamples, int microBatch) {
    speeds.expect((double) targetSamples, microBatch);
  }

  /**
   * Has contributions computed again, and averages made again: so many of each in a group and round
   * on average, over all who judge. None unless this is called.
   */
  public void audits(double perGroup) {
    auditsPerGroup = perGroup;
  }

  /** Whether averages are made again, so that all members of a round sign what they bring. */
  public boolean reviews() {
    return auditsPerGroup > 0;
  }

  /**
   * The chunk of a round just concluded whose average this peer is to make again, if any.
   *
   * @param chunks by member: those that can be reviewed
   */
  public OptionalInt drawReview(List<List<Integer>> chunks) {
    List<List<Integer>> able = chunks.stream().filter(each -> !each.isEmpty()).toList();
    if (!judges || !reviews() || able.isEmpty()) {
      return OptionalInt.empty();
    }
    if (random.nextDouble() * chunks.size() >= auditsPerGroup) {
      return OptionalInt.empty();
    }
    List<Integer> of = able.get(random.nextInt(able.size()));
    return OptionalInt.of(of.get(random.nextInt(of.size())));
  }

  /**
   * The contribution of the round just concluded that this peer is to compute again, if any; asked
   * once.
   */
  public Optional<Audit> takeAudit() {
    Audit taken = due;
    due = null;
    return Optional.ofNullable(taken);
  }

  /** The samples of {@code audit} have been computed again; see {@link Audit#similarity}. */
  public void audited(Audit audit, double similarity, Instant now) {
    if (!Audit.passes(similarity)) {
      standings.hold(
          audit.peer(),
          Misdeed.FAILED_AUDIT.cost(),
          "its contribution is not that of the %d samples it claims (cosine %.2f)"
              .formatted(audit.samples(), similarity),
          now);
    }
  }

  /** A peer says how fast it computes. */
  public void said(PeerId peer, double samplesPerSecond) {
    speeds.said(peer, samplesPerSecond);
  }

  /** What trainers that have taken a step, without this peer, say of others. */
  public void hear(PeerId self, List<Opinions.Voter> others, Instant now) {
    List<Opinions.Voter> voters = new ArrayList<>(others);
    voters.add(new Opinions.Voter(self, standings.verdicts(now)));
    opinions.hear(voters);
  }

  /**
   * Whether most peers have banned {@code peer}: then it is not followed and its word on progress
   * counts for nothing. Both take more than one opinion: peers that see different swarms find no
   * group.
   */
  public boolean bannedByMost(PeerId peer) {
    return judges && opinions.banned(peer);
  }

  /**
   * Why and until when this peer takes nothing from {@code peer} and gives it nothing: because it
   * has banned it itself, or most have. Empty when it has nothing against it.
   */
  public Optional<Ban> ban(PeerId peer, Instant now) {
    return judges ? standings.ban(peer, now).or(() -> byMost(peer, now)) : Optional.empty();
  }

  /** The end of what most say is their word: never far away, nor long ago. */
  private Optional<Ban> byMost(PeerId peer, Instant now) {
    return opinions
        .ban(peer)
        .map(
            ban -> {
              Instant soonest = now.plus(LOOKED_AT_AGAIN);
              Instant latest = now.plus(Ban.LONGEST);
              Instant until = ban.until().isAfter(soonest) ? ban.until() : soonest;
              return new Ban(ban.reason(), until.isBefore(latest) ? until : latest);
            });
  }

  /** Why {@code peer} is not to take part with {@code weight}; empty when it may. */
  public Optional<String> refusal(PeerId peer, double weight, Instant now) {
    return charge(peer, weight, now).map(Charge::reason);
  }

  /** Those with something against them, the worst first. */
  public List<Verdict> verdicts(Instant now) {
    return standings.verdicts(now);
  }

  /** Something outside of a round's data is held against a peer. */
  public void hold(PeerId peer, Misdeed misdeed, String reason, Instant now) {
    standings.hold(peer, misdeed.cost(), reason, now);
  }

  /**
   * What this peer lets into its averages in a round that begins.
   *
   * @param weights of the members, as the plan has them
   * @param self this peer's place among them
   * @param codecs of their contributions
   * @param chunks numbers of those that each member reduces as planned
   * @param valuesMax values of the longest chunk
   */
  public Screen screen(
      List<PeerId> members,
      List<Double> weights,
      int self,
      Contribution own,
      List<Codec> codecs,
      List<List<Integer>> chunks,
      int valuesMax,
      Instant now) {
    Map<Integer, Charge> barred = new TreeMap<>();
    for (int member = 0; member < members.size(); member++) {
      if (member != self && weights.get(member) > 0) {
        int place = member;
        charge(members.get(member), weights.get(member), now)
            .ifPresent(charge -> barred.put(place, charge));
      }
    }
    double typical = weights.get(self) > 0 ? typical(own) : 0;
    return new Screen(
        List.copyOf(members),
        weights.stream().mapToDouble(Double::doubleValue).toArray(),
        self,
        own.length(),
        new Inspector(codecs, valuesMax),
        norms.usual(),
        typical,
        barred,
        withheld(members, weights, self, barred, now),
        judges ? closer(weights, self, chunks, valuesMax, barred) : Closer.NOT,
        past.earlier(own.length()),
        judges);
  }

  /**
   * Whose contributions are looked at, so that they can be thought better of, and not averaged: the
   * worst first, and only while more than half of the contributors are left.
   */
  private Map<Integer, String> withheld(
      List<PeerId> members,
      List<Double> weights,
      int self,
      Map<Integer, Charge> barred,
      Instant now) {
    Map<Integer, String> withheld = new TreeMap<>();
    if (!judges) {
      return withheld;
    }
    int contributors = (int) weights.stream().filter(weight -> weight > 0).count();
    int spare = (contributors - 1) / 2 - barred.size();
    IntStream.range(0, members.size())
        .filter(member -> member != self && weights.get(member) > 0)
        .filter(member -> !barred.containsKey(member))
        .filter(member -> standings.score(members.get(member), now) < TRUSTED_FROM)
        .boxed()
        .sorted(Comparator.comparingDouble(member -> standings.score(members.get(member), now)))
        .limit(Math.max(0, spare))
        .forEach(
            member -> withheld.put(member, "is doubted: " + standings.reason(members.get(member))));
    return withheld;
  }

  private Closer closer(
      List<Double> weights,
      int self,
      List<List<Integer>> chunks,
      int valuesMax,
      Map<Integer, Charge> barred) {
    int[] candidates =
        IntStream.range(0, weights.size())
            .filter(member -> member != self && weights.get(member) > 0)
            .filter(member -> !barred.containsKey(member))
            .toArray();
    boolean audits =
        auditsPerGroup > 0
            && candidates.length > 0
            && random.nextDouble() * weights.size() < auditsPerGroup;
    int audited = audits ? candidates[random.nextInt(candidates.length)] : -1;
    return Closer.drawn(chunks, self, valuesMax, audited, random);
  }

  /** Root mean square of a value, from blocks all over the vector: a rough figure is enough. */
  private static double typical(Contribution own) {
    long length = own.length();
    long block = Math.min(length, SAMPLE_VALUES);
    double squares = 0;
    for (int i = 0; i < SAMPLES; i++) {
      long from = (length - block) * i / (SAMPLES - 1);
      double norm = VectorMath.norm(own.values(), from, block);
      squares += norm * norm / block;
    }
    return Math.sqrt(squares / SAMPLES);
  }

  /**
   * The round has ended: what was seen in it is held against its members, or for them.
   *
   * @param average what came of it; null where the contributions have not been used
   */
  public void conclude(Screen screen, @Nullable MemorySegment average, Instant now) {
    if (!judges) {
      return;
    }
    boolean averaged = average != null;
    if (average != null) {
      past.add(average);
    }
    Bearing bearing =
        new Bearing(screen.direction(), screen.company(), screen.lag(), screen.copies());
    due = averaged ? screen.audit().orElse(null) : null;
    screen.accepted().forEach(norms::add);
    Echo echo = screen.echo();
    // After a round that failed everybody may bring the same again.
    if (averaged) {
      lean(screen);
    }
    BitSet repeated = averaged ? repeated(screen) : new BitSet();
    for (int member = 0; member < screen.members().size(); member++) {
      if (member == screen.self()) {
        continue;
      }
      PeerId peer = screen.members().get(member);
      List<Charge> charges = new ArrayList<>();
      if (screen.weight(member) > 0) {
        charges.addAll(contributed(screen, member, bearing, repeated.get(member)));
      }
      if (averaged) {
        charges.addAll(reduced(screen, peer, echo, member));
      }
      if (charges.isEmpty() && screen.saw(member)) {
        standings.cleanRound(peer, now);
      }
      charges.forEach(charge -> standings.hold(peer, charge.cost(), charge.reason(), now));
      if (averaged && screen.saw(member)) {
        speeds.counted(peer, now);
      }
    }
  }

  /** Remembers what everybody, this peer included, brings of its own. */
  private void lean(Screen screen) {
    for (int member = 0; member < screen.members().size(); member++) {
      PeerId peer = screen.members().get(member);
      List<Leanings.Piece> pieces = screen.leaning(member);
      if (!pieces.isEmpty()) {
        leanings
            .after(peer, pieces, screen.stride())
            .ifPresent(lasts -> lasting.after(peer, lasts));
      }
    }
  }

  /** Where everybody's contributions to a round point, as far as can be told. */
  private record Bearing(Direction direction, Company company, Lag lag, Copies copies) {}

  /** What a member's contribution gives reason for. */
  private List<Charge> contributed(Screen screen, int member, Bearing bearing, boolean repeated) {
    PeerId peer = screen.members().get(member);
    List<Charge> charges = screen.charges(member);
    boolean ownData = lasting(peer) >= OWN_DATA_FROM;
    Optional<Charge> astray =
        after(directions, peer, bearing.direction().ratio(member)).flatMap(Trust::astray);
    Optional<Charge> lonely =
        after(companies, peer, bearing.company().ratio(member)).flatMap(Trust::lonely);
    Optional<Charge> late =
        bearing
            .lag()
            .cosines(member)
            .flatMap(cosines -> lags.after(peer, cosines))
            .flatMap(Trust::late);
    astray
        .filter(charge -> !ownData || charge.misdeed() == Misdeed.OPPOSES)
        .or(() -> lonely.filter(_ -> !ownData))
        .ifPresent(charges::add);
    late.filter(_ -> !ownData).ifPresent(charges::add);
    after(copies, peer, bearing.copies().ratio(member))
        .flatMap(Trust::copied)
        .ifPresent(charges::add);
    if (repeated) {
      charges.add(new Charge(Misdeed.REPEATED, 1, "its contribution is one that it sent before"));
    }
    return charges;
  }

  private static Optional<Bearings.Trend> after(
      Bearings bearings, PeerId peer, OptionalDouble ratio) {
    return ratio.isPresent() ? bearings.after(peer, ratio.getAsDouble()) : Optional.empty();
  }

  private static Optional<Charge> astray(Bearings.Trend trend) {
    if (trend.mean() >= UNRELATED_BELOW) {
      return Optional.empty();
    }
    boolean away = trend.mean() < CONTRADICTS_BELOW;
    String what = away ? "points away from the others'" : "has nothing to do with the others'";
    Misdeed misdeed = away ? Misdeed.CONTRADICTS : Misdeed.UNRELATED;
    return Optional.of(
        new Charge(
            trend.mean() < OPPOSES_BELOW ? Misdeed.OPPOSES : misdeed,
            1,
            String.format(
                Locale.ROOT,
                "what it contributes %s (agreement %.2f of theirs in %d rounds)",
                what,
                trend.mean(),
                trend.rounds())));
  }

  /**
   * How much of what a peer brings of its own it brings again; 0 where that is not known, and in
   * runs with audits: all have the same text there.
   */
  private double lasting(PeerId peer) {
    return auditsPerGroup > 0 ? 0 : lasting.trend(peer).map(Bearings.Trend::mean).orElse(0.0);
  }

  private static Optional<Charge> lonely(Bearings.Trend trend) {
    return trend.mean() >= LONELY_BELOW
        ? Optional.empty()
        : Optional.of(
            new Charge(
                Misdeed.UNRELATED,
                1,
                String.format(
                    Locale.ROOT,
                    "what it contributes has nothing to do with that of most others, one by one"
                        + " (agreement %.2f of theirs in %d rounds)",
                    trend.mean(),
                    trend.rounds())));
  }

  private static Optional<Charge> copied(Bearings.Trend trend) {
    return Copies.copied(trend.mean())
        ? Optional.of(
            new Charge(
                Misdeed.COPIED,
                1,
                String.format(
                    Locale.ROOT,
                    "what it contributes is an earlier average (%.3f of what others have of their"
                        + " own, in %d rounds)",
                    trend.mean(),
                    trend.rounds())))
        : Optional.empty();
  }

  private static Optional<Charge> late(Bearings.Trend trend) {
    double[] means = trend.means();
    if (!Lag.late(means)) {
      return Optional.empty();
    }
    int rounds = Lag.rounds(means);
    return Optional.of(
        new Charge(
            Misdeed.LATE,
            1,
            String.format(
                Locale.ROOT,
                "what it contributes is of %d rounds ago (agreement %.2f with then, %.2f with now)",
                rounds,
                means[rounds],
                means[0])));
  }

  /** What a member's averages give reason for. */
  private List<Charge> reduced(Screen screen, PeerId peer, Echo echo, int member) {
    if (echo.excess(member) > 0) {
      return List.of(
          new Charge(
              Misdeed.TOO_LARGE,
              1,
              "its average is %.0f times as long as what went into it"
                  .formatted(echo.excess(member))));
    }
    OptionalDouble ratio = echo.ratio(member);
    return ratio.isEmpty() || lasting(screen.members().get(screen.self())) >= ODD_FROM
        ? List.of()
        : echoes.after(peer, ratio.getAsDouble()).flatMap(Trust::untrue).stream().toList();
  }

  private static Optional<Charge> untrue(Bearings.Trend trend) {
    return trend.mean() >= FALSE_BELOW
        ? Optional.empty()
        : Optional.of(
            new Charge(
                Misdeed.FALSE_AVERAGE,
                1,
                String.format(
                    Locale.ROOT,
                    "its averages are not of what it was sent (%.2f of it in them, in %d rounds)",
                    trend.mean(),
                    trend.rounds())));
  }

  /** Members that brought something again; none where that is what most do, as in a benchmark. */
  private BitSet repeated(Screen screen) {
    BitSet repeated = new BitSet();
    int judged = 0;
    for (int member = 0; member < screen.members().size(); member++) {
      Repeats.Probes probes = screen.probes(member);
      if (probes.places().length > 0) {
        judged++;
        repeated.set(member, repeats.repeated(screen.members().get(member), probes));
      }
    }
    boolean usual = repeated.get(screen.self()) || 2 * repeated.cardinality() >= judged;
    return usual ? new BitSet() : repeated;
  }

  private Optional<Charge> charge(PeerId peer, double weight, Instant now) {
    if (!judges) {
      return Optional.empty();
    }
    if (standings.banned(peer, now)) {
      return Optional.of(new Charge(Misdeed.BANNED, 1, "is banned: " + standings.reason(peer)));
    }
    if (opinions.banned(peer)) {
      return Optional.of(new Charge(Misdeed.BANNED, 1, "most others have banned it"));
    }
    double limit = speeds.limit(peer, now);
    if (weight > limit) {
      return Optional.of(
          new Charge(
              Misdeed.TOO_HEAVY,
              1,
              "claims %.0f samples where at most %.0f are plausible".formatted(weight, limit)));
    }
    return Optional.empty();
  }
}
