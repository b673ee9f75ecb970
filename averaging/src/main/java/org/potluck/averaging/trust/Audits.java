package org.potluck.averaging.trust;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Whose work this peer does again, by its own chance: contributions, and other reducers' averages.
 * Where n members of a group contribute and N audits are held on average, each of them holds one
 * with N / n: who contributes has the text that it takes. Reviews take none, so all members hold
 * them.
 */
final class Audits {
  private final RandomGenerator random;
  private double perGroup;
  private @Nullable Audit due;

  /**
   * @param random chooses; whoever could guess it could behave just there
   */
  Audits(RandomGenerator random) {
    this.random = random;
  }

  void hold(double each) {
    perGroup = each;
  }

  /** Whether any are held in this run. */
  boolean held() {
    return perGroup > 0;
  }

  /**
   * The member whose contribution this peer is to compute again, of a round that begins.
   *
   * @param weights of the members; of those that bring nothing there is nothing to compute
   * @param self this peer's place
   * @return -1 for none
   */
  int drawMember(List<Double> weights, int self, Admission admission) {
    int[] candidates =
        IntStream.range(0, weights.size())
            .filter(member -> member != self && weights.get(member) > 0)
            .filter(member -> !admission.bars(member))
            .toArray();
    int contributors = (int) weights.stream().filter(weight -> weight > 0).count();
    boolean able = held() && weights.get(self) > 0 && candidates.length > 0;
    boolean drawn = able && drawn(contributors);
    return drawn ? candidates[random.nextInt(candidates.length)] : -1;
  }

  /**
   * The chunk of a round just concluded whose average this peer is to make again, if any.
   *
   * @param chunks by member: those that can be reviewed
   */
  OptionalInt drawReview(List<List<Integer>> chunks) {
    List<List<Integer>> able = chunks.stream().filter(each -> !each.isEmpty()).toList();
    if (!held() || able.isEmpty() || !drawn(chunks.size())) {
      return OptionalInt.empty();
    }
    List<Integer> of = able.get(random.nextInt(able.size()));
    return OptionalInt.of(of.get(random.nextInt(of.size())));
  }

  private boolean drawn(int members) {
    return random.nextDouble() * members < perGroup;
  }

  /** What has been kept of the round just concluded replaces what nobody took. */
  void keep(Optional<Audit> audit) {
    due = audit.orElse(null);
  }

  /** What is to be computed again now; once. */
  Optional<Audit> take() {
    Audit taken = due;
    due = null;
    return Optional.ofNullable(taken);
  }
}
