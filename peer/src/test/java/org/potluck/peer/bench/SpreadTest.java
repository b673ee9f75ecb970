package org.potluck.peer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle() {
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0, 2.0)).median()).isEqualTo(3.0);
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0)).median()).isEqualTo(4.0);
  }

  @Test
  void quantilesAreValuesThatWereMeasured() {
    Spread spread = Spread.of(List.of(5.0, 4.0, 3.0, 2.0, 1.0));
    assertThat(spread.quantile(0.2)).isEqualTo(1.0);
    assertThat(spread.quantile(0.21)).isEqualTo(2.0);
    assertThat(spread.quantile(0.95)).isEqualTo(5.0);
    assertThat(spread.quantile(1)).isEqualTo(5.0);
    assertThat(spread.min()).isEqualTo(1.0);
    assertThat(spread.max()).isEqualTo(5.0);
  }
}
