package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultySwarmTest {
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
  void onlyWhatWasSentArrivesAndAllOfItOnceHealed(long seed) {
    assertThat(FaultySwarm.run(seed)).isNotEmpty();
  }
}
