package org.potluck.peer.bench.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatternTest {
  private static final int LENGTH = 1000;
  private static final long EPOCH = 3;
  private static final List<Integer> SEATS = List.of(0, 1, 2);
  private static final List<Double> WEIGHTS = List.of(1.0, 2.0, 3.0);

  @Test
  void theExactMeanIsWithinTheBoundOfFloat32() {
    MemorySegment mean = mean(LENGTH, WEIGHTS);
    assertThat(Pattern.worstError(mean, EPOCH, SEATS, WEIGHTS, List.of()))
        .isLessThan(Pattern.sumBound(3));
  }

  @Test
  void oneWrongValueIsFound() {
    MemorySegment mean = mean(LENGTH, WEIGHTS);
    float was = mean.getAtIndex(ValueLayout.JAVA_FLOAT, 517);
    mean.setAtIndex(ValueLayout.JAVA_FLOAT, 517, was + 0.01f);
    assertThat(Pattern.worstError(mean, EPOCH, SEATS, WEIGHTS, List.of())).isGreaterThan(0.009);
  }

  @Test
  void aValueThatIsNoNumberIsWorst() {
    MemorySegment mean = mean(LENGTH, WEIGHTS);
    mean.setAtIndex(ValueLayout.JAVA_FLOAT, 4, Float.NaN);
    assertThat(Pattern.worstError(mean, EPOCH, SEATS, WEIGHTS, List.of())).isNaN();
  }

  @Test
  void anAverageOfAnEarlierEpochDoesNotPass() {
    MemorySegment mean = mean(LENGTH, WEIGHTS);
    assertThat(Pattern.worstError(mean, EPOCH + 1, SEATS, WEIGHTS, List.of())).isGreaterThan(0.1);
  }

  @Test
  void aMeanWithoutADeadMemberPassesOnlyWhereItsDeathIsKnown() {
    MemorySegment withoutTheThird = mean(LENGTH, List.of(1.0, 2.0, 0.0));
    assertThat(Pattern.worstError(withoutTheThird, EPOCH, SEATS, WEIGHTS, List.of(2)))
        .isLessThan(Pattern.sumBound(3));
    assertThat(Pattern.worstError(withoutTheThird, EPOCH, SEATS, WEIGHTS, List.of()))
        .isGreaterThan(0.1);
  }

  @Test
  void valuesSpreadFromMinusOneToOne() {
    MemorySegment values = MemorySegment.ofArray(new float[100_000]);
    Pattern.fill(values, EPOCH, 5);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 100_000; i++) {
      float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      assertThat(value).isBetween(-1f, 1f);
      sum += value;
      squares += value * value;
    }
    assertThat(sum / 100_000).isBetween(-0.02, 0.02);
    assertThat(squares / 100_000).isBetween(0.32, 0.35);
  }

  private static MemorySegment mean(int length, List<Double> weights) {
    MemorySegment mean = MemorySegment.ofArray(new float[length]);
    for (int i = 0; i < length; i++) {
      double sum = 0;
      double total = 0;
      for (int s = 0; s < weights.size(); s++) {
        sum += weights.get(s) * Pattern.value(EPOCH, SEATS.get(s), i);
        total += weights.get(s);
      }
      mean.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (sum / total));
    }
    return mean;
  }
}
