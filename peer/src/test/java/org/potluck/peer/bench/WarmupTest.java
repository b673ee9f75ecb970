package org.potluck.peer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.potluck.peer.bench.worker.Effort;

class WarmupTest {
  private final Warmup warmup = new Warmup();

  @Test
  void goesOnAsLongAsTheCompilersAreBusy() {
    for (int i = 0; i < 60; i++) {
      warmup.add(new Effort(1, 0.1));
      assertThat(warmup.done()).isFalse();
    }
    for (int i = 0; i < 4; i++) {
      warmup.add(new Effort(1, 0.04));
      assertThat(warmup.done()).isFalse();
    }
    warmup.add(new Effort(1, 0.04));
    assertThat(warmup.done()).isTrue();
    assertThat(warmup.rounds()).isEqualTo(65);
  }

  @Test
  void takesFifteenRoundsEvenWhereNothingIsCompiled() {
    for (int i = 0; i < 14; i++) {
      warmup.add(new Effort(1, 0));
      assertThat(warmup.done()).isFalse();
    }
    warmup.add(new Effort(1, 0));
    assertThat(warmup.done()).isTrue();
  }

  @Test
  void endsWhereTheCompilersNeverDo() {
    for (int i = 0; i < 119; i++) {
      warmup.add(new Effort(1, 1));
      assertThat(warmup.done()).isFalse();
    }
    warmup.add(new Effort(1, 1));
    assertThat(warmup.done()).isTrue();
  }
}
