package org.potluck.averaging.matchmaking;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class GraceTest {
  private final Grace grace = new Grace(Duration.ofMillis(50), Duration.ofSeconds(2));

  @Test
  void beginsWithTheLongest() {
    assertThat(grace.current()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void comesToWaitTwiceAsLongAsTheLastOnesTake() {
    for (int round = 0; round < 60; round++) {
      grace.observe(Duration.ofMillis(100));
    }
    assertThat(grace.current()).isBetween(Duration.ofMillis(200), Duration.ofMillis(204));
  }

  @Test
  void oneStragglerIsEnoughToWaitLongerAndOneGoodRoundIsNotEnoughToForgetIt() {
    for (int round = 0; round < 60; round++) {
      grace.observe(Duration.ofMillis(100));
    }
    grace.observe(Duration.ofMillis(700));
    assertThat(grace.current()).isEqualTo(Duration.ofMillis(1400));
    grace.observe(Duration.ofMillis(100));
    assertThat(grace.current()).isBetween(Duration.ofMillis(1200), Duration.ofMillis(1300));
  }

  @Test
  void staysWithinItsBounds() {
    for (int round = 0; round < 200; round++) {
      grace.observe(Duration.ZERO);
    }
    assertThat(grace.current()).isEqualTo(Duration.ofMillis(50));
    grace.observe(Duration.ofHours(1));
    assertThat(grace.current()).isEqualTo(Duration.ofSeconds(2));
  }
}
