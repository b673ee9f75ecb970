package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
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
 *
 * <p>Here rounds meet what is known of peers: {@link Reputation} says whom a round's {@link Screen}
 * lets in, {@link Habits} what follows from what it saw, and that goes back to the reputation.
 */
public final class Trust {
  private static final int SAMPLES = 64;
  private static final int SAMPLE_VALUES = 1024;

  private final RandomGenerator random;
  private final boolean judges;
  private final Reputation reputation = new Reputation();
  private final Habits habits = new Habits();
  private final Audits audits;
  private final NormHistory norms = new NormHistory();
  private final Past past = new Past();

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
    this.audits = new Audits(random);
  }

  /** Takes whatever is made of numbers, from everybody. */
  public static Trust off() {
    return new Trust(new SplittableRandom(0), false);
  }

  // What others say.

  /**
   * Tells what weights can be expected: the run's target batch and what a peer computes at once.
   */
  public void expect(long targetSamples, int microBatch) {
    reputation.expect(targetSamples, microBatch);
  }

  /** A peer says how fast it computes. */
  public void said(PeerId peer, double samplesPerSecond) {
    reputation.said(peer, samplesPerSecond);
  }

  /** What trainers that have taken a step, without this peer, say of others. */
  public void hear(PeerId self, List<Opinions.Voter> others, Instant now) {
    reputation.hear(self, others, now);
  }

  // What this peer says.

  /**
   * Whether most peers have banned {@code peer}: then it is not followed and its word on progress
   * counts for nothing. Both take more than one opinion: peers that see different swarms find no
   * group.
   */
  public boolean bannedByMost(PeerId peer) {
    return judges && reputation.bannedByMost(peer);
  }

  /**
   * Why and until when this peer takes nothing from {@code peer} and gives it nothing: because it
   * has banned it itself, or most have. Empty when it has nothing against it.
   */
  public Optional<Ban> ban(PeerId peer, Instant now) {
    return judges ? reputation.ban(peer, now) : Optional.empty();
  }

  /** Why {@code peer} is not to take part with {@code weight}; empty when it may. */
  public Optional<String> refusal(PeerId peer, double weight, Instant now) {
    return judges ? reputation.charge(peer, weight, now).map(Charge::reason) : Optional.empty();
  }

  /** Those with something against them, the worst first. */
  public List<Verdict> verdicts(Instant now) {
    return reputation.verdicts(now);
  }

  /** Something outside of a round's data is held against a peer. */
  public void hold(PeerId peer, Misdeed misdeed, String reason, Instant now) {
    reputation.hold(peer, new Charge(misdeed, 1, reason), now);
  }

  // Audits.

  /**
   * Has contributions computed again, and averages made again: so many of each in a group and round
   * on average, over all who judge. None unless this is called.
   */
  public void audits(double perGroup) {
    audits.hold(perGroup);
  }

  /** Whether averages are made again, so that all members of a round sign what they bring. */
  public boolean reviews() {
    return audits.held();
  }

  /**
   * The chunk of a round just concluded whose average this peer is to make again, if any.
   *
   * @param chunks by member: those that can be reviewed
   */
  public OptionalInt drawReview(List<List<Integer>> chunks) {
    return judges ? audits.drawReview(chunks) : OptionalInt.empty();
  }

  /**
   * The contribution of the round just concluded that this peer is to compute again, if any; asked
   * once.
   */
  public Optional<Audit> takeAudit() {
    return audits.take();
  }

  /** The samples of {@code audit} have been computed again; see {@link Audit#similarity}. */
  public void audited(Audit audit, double similarity, Instant now) {
    if (!Audit.passes(similarity)) {
      String reason =
          String.format(
              Locale.ROOT,
              "its contribution is not that of the %d samples it claims (cosine %.2f)",
              audit.samples(),
              similarity);
      hold(audit.peer(), Misdeed.FAILED_AUDIT, reason, now);
    }
  }

  // Rounds.

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
    Admission admission =
        judges ? reputation.admission(members, weights, self, now) : Admission.OPEN;
    Closer closer = Closer.NOT;
    if (judges) {
      int audited = audits.drawMember(weights, self, admission);
      closer = Closer.drawn(chunks, self, valuesMax, audited, random);
    }
    double[] shares = weights.stream().mapToDouble(Double::doubleValue).toArray();
    double typical = shares[self] > 0 ? typical(own) : typicalOfOthers(own.length());
    return new Screen(
        List.copyOf(members),
        shares,
        self,
        own.length(),
        new Inspector(codecs, valuesMax),
        new NormGate(shares, own.length(), norms.usual(), typical, judges),
        admission,
        closer,
        past.earlier(own.length()));
  }

  /**
   * As far as one knows it who brings nothing: from what it has reduced, and from the last average.
   */
  private double typicalOfOthers(long length) {
    return Math.max(norms.typical(), past.typical(length));
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
    audits.keep(averaged ? screen.audit() : Optional.empty());
    screen.sightings().accepted().forEach(norms::add);
    List<List<Charge>> held = habits.after(screen, averaged, audits.held());
    for (int member = 0; member < held.size(); member++) {
      if (member != screen.self()) {
        judge(
            screen.members().get(member),
            held.get(member),
            screen.sightings().saw(member),
            averaged,
            now);
      }
    }
  }

  private void judge(
      PeerId peer, List<Charge> charges, boolean seen, boolean averaged, Instant now) {
    if (charges.isEmpty() && seen) {
      reputation.cleanRound(peer, now);
    }
    charges.forEach(charge -> reputation.hold(peer, charge, now));
    if (averaged && seen) {
      reputation.counted(peer, now);
    }
  }
}
