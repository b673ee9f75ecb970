package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GridTest {
  @Test
  void fewPeersAreOneGroup() {
    Grid grid = Grid.of(5, 8);
    assertThat(grid.stages()).hasSize(1);
    assertThat(grid.stages().getFirst()).hasSize(1);
    assertThat(grid.stages().getFirst().getFirst().members())
        .containsExactlyInAnyOrder(0, 1, 2, 3, 4);
  }

  @Test
  void fullGridsHaveTheSidesOfMoshpit() {
    assertThat(Grid.of(9, 3).sides()).containsExactly(3, 3);
    assertThat(Grid.of(27, 3).sides()).containsExactly(3, 3, 3);
    assertThat(Grid.of(256, 16).sides()).containsExactly(16, 16);
    assertThat(Grid.of(1000, 32).sides()).containsExactly(31, 32);
  }

  @Test
  void everybodyIsInOneGroupOfEachStage() {
    for (int members = 1; members <= 300; members++) {
      for (int groupSize : new int[] {2, 3, 7, 16, 32}) {
        Grid grid = Grid.of(members, groupSize);
        for (List<Grid.Line> stage : grid.stages()) {
          assertThat(stage.stream().flatMap(line -> line.members().stream()).sorted().toList())
              .as("%d in groups of %d", members, groupSize)
              .isEqualTo(IntStream.range(0, members).boxed().toList());
        }
        for (Grid.Line row : grid.stages().getFirst()) {
          assertThat(row.members()).hasSizeLessThanOrEqualTo(groupSize);
          assertThat(row.seats()).isEqualTo(row.members().size());
        }
      }
    }
  }

  /** Exactly: every member's share of every result is that of its weight, in every group. */
  @Test
  void afterTheLastStageEverybodyHoldsTheMeanOfAll() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    for (int members = 1; members <= 200; members++) {
      for (int groupSize : new int[] {2, 3, 5, 16}) {
        double[] weights = random.doubles(members, 1, 10).toArray();
        double[] values = random.doubles(members, -1, 1).toArray();
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < members; i++) {
          sum += weights[i] * values[i];
          weight += weights[i];
        }
        double[] held = values.clone();
        double[] counts = weights.clone();
        for (List<Grid.Line> stage : Grid.of(members, groupSize).stages()) {
          stage.forEach(line -> average(line, held, counts));
        }
        for (int i = 0; i < members; i++) {
          assertThat(held[i])
              .as("member %d of %d in groups of %d", i, members, groupSize)
              .isCloseTo(sum / weight, within(1e-9))
              .isEqualTo(held[0]);
          assertThat(counts[i]).isCloseTo(weight, within(1e-6));
        }
      }
    }
  }

  private static void average(Grid.Line line, double[] held, double[] counts) {
    double sum = 0;
    double weight = 0;
    for (int member : line.members().subList(0, line.seats())) {
      sum += counts[member] * held[member];
      weight += counts[member];
    }
    for (int member : line.members()) {
      held[member] = sum / weight;
      counts[member] = weight;
    }
  }

  @Test
  void theFirstAreSpreadOverAllGroups() {
    for (int members = 40; members <= 400; members += 7) {
      Grid grid = Grid.of(members, 16);
      List<Integer> later = grid.sides().subList(1, grid.sides().size());
      int rows = later.stream().reduce(1, Math::multiplyExact);
      int shortest = later.stream().min(Integer::compare).orElseThrow();
      int few = rows * Math.ceilDiv(grid.sides().getFirst(), shortest);
      List<Integer> without = new ArrayList<>();
      for (List<Grid.Line> stage : grid.stages()) {
        for (Grid.Line line : stage) {
          if (line.members().stream().noneMatch(member -> member < few)) {
            without.addAll(line.members());
          }
        }
      }
      assertThat(without).as("%d members", members).isEmpty();
    }
  }
}
