package org.potluck.network.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How much a socket may hold, by what it takes. */
class UnsentLimitTest {
  private Instant now = Instant.EPOCH;
  private final UnsentLimit limit = new UnsentLimit(now);
  private int changes;

  @Test
  void aHomesUplinkHoldsLittle() {
    send(20, Duration.ofSeconds(5));
    assertThat(limit.bytes()).isBetween(64 << 10, 128 << 10);
    assertThat(changes).isLessThanOrEqualTo(1);
  }

  @Test
  void aFastLinkHoldsWhatItSendsWhileNobodyRefillsIt() {
    send(1000, Duration.ofSeconds(5));
    assertThat(limit.bytes()).isBetween(2 << 20, 4 << 20);
    assertThat(changes).isLessThanOrEqualTo(2);
  }

  @Test
  void oneThatWasFastIsTakenForSlowWhenItIs() {
    send(1000, Duration.ofSeconds(1));
    send(20, Duration.ofSeconds(1));
    assertThat(limit.bytes()).isLessThanOrEqualTo(128 << 10);
  }

  private void send(double megabitsPerSecond, Duration time) {
    Duration step = Duration.ofMillis(5);
    int bytes = (int) (megabitsPerSecond * 125_000 * step.toNanos() / 1e9);
    for (Instant end = now.plus(time); now.isBefore(end); ) {
      now = now.plus(step);
      changes += limit.took(bytes, now) ? 1 : 0;
    }
  }
}
