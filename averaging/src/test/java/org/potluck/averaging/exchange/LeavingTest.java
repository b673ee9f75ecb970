package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Members that go as soon as they have the average, as those do that were told to stop. */
class LeavingTest {
  private static final int SEEDS = 60;
  private static final int DIALABLE = 2;

  /**
   * Members that nobody can dial do not hear each other. One of them still waits for a reducer
   * whose link stalls when others have the average and go; the other reducer tells it that they are
   * gone.
   */
  @Test
  void whoLeavesAFinalRoundIsBlamedByNobody() {
    int rounds = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(6);
      for (int i = DIALABLE; i < lab.size(); i++) {
        lab.profiles.set(i, RoundLab.SLOW_HOME.dialOutOnly());
      }
      boolean[] left = new boolean[lab.size()];
      int waiting = lab.size() - 1;
      lab.afterwards =
          member -> {
            if (member >= DIALABLE && member != waiting) {
              left[member] = lab.outcome(waiting) == null;
              lab.simulation.at(Duration.ofMillis(20), () -> leave(lab, member));
            }
          };
      lab.begin();
      lab.simulation.at(
          Duration.ofMillis(700 + lab.random.nextInt(200)),
          () ->
              lab.simulation.stall(
                  lab.networks.get(1), lab.networks.get(waiting), Duration.ofMillis(900)));
      lab.finish();
      List<Integer> all = IntStream.range(0, lab.size()).boxed().toList();
      lab.finished(all);
      lab.soundWith(all);
      for (int i : all) {
        assertThat(lab.averagedOf(i).faults()).as("seed %d, member %d", seed, i).isEmpty();
        rounds += left[i] ? 1 : 0;
      }
    }
    assertThat(rounds)
        .as("members that left before the one that waits had ended")
        .isGreaterThan(SEEDS / 3);
  }

  private static void leave(RoundLab lab, int member) {
    lab.networks
        .get(member)
        .loop()
        .execute(
            () -> {
              var _ = lab.networks.get(member).close();
            });
  }
}
