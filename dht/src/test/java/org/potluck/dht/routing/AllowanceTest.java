package org.potluck.dht.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

class AllowanceTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Allowance allowance = new Allowance(100, 10);
  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void aBurstIsGrantedAndFillsAgainSteadily() {
    PeerId caller = peer();
    assertThat(allowance.take(caller, 100, START)).isTrue();
    assertThat(allowance.take(caller, 1, START)).isFalse();
    assertThat(allowance.take(caller, 21, START.plusSeconds(2))).isFalse();
    assertThat(allowance.take(caller, 20, START.plusSeconds(2))).isTrue();
    assertThat(allowance.take(caller, 101, START.plusSeconds(3600))).isFalse();
    assertThat(allowance.take(caller, 100, START.plusSeconds(3600))).isTrue();
  }

  @Test
  void whoMayAskForAllAgainIsForgotten() {
    for (int i = 0; i < 50; i++) {
      assertThat(allowance.take(peer(), 1, START.plusSeconds(i))).isTrue();
    }
    assertThat(allowance.callers()).isEqualTo(11);
  }

  private PeerId peer() {
    return Identity.generate(random).peerId();
  }
}
