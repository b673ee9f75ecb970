package org.potluck.averaging.matchmaking;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;

class ChunkSizeTest {
  private static final int MOST = 64 * Codec.BLOCK_VALUES;

  /** Bytes a second of 20 Mbit/s, and of 1 Gbit/s. */
  private static final double SLOW = 2.5e6;

  private static final double FAST = 1.25e8;

  @Test
  void aSpanOnSlowLinksHasManyChunks() {
    long span = 2_000_000;
    int values = ChunkSize.values(MOST, span, SLOW, 2);
    assertThat(Math.ceilDiv(span, (long) values)).isBetween(100L, 128L);
  }

  @Test
  void aChunkKeepsTheSlowestUplinkBusyForAWhile() {
    for (int seed = 0; seed < 1000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      double slowest = SLOW * Math.pow(10, random.nextDouble(-3, 3));
      double bytes = random.nextDouble(0.5, 4);
      long span = random.nextLong(1L << random.nextInt(1, 34));
      int values = ChunkSize.values(MOST, span, slowest, bytes);
      assertThat(values).isBetween(Codec.BLOCK_VALUES, MOST);
      assertThat(values % Codec.BLOCK_VALUES).isZero();
      assertThat(values == MOST || values * bytes / slowest >= ChunkSize.SECONDS_MIN)
          .as("seed %d", seed)
          .isTrue();
    }
  }

  @Test
  void chunksAreLargeOnFastAndOnUnknownLinks() {
    assertThat(ChunkSize.values(MOST, 2_000_000, FAST, 2)).isEqualTo(MOST);
    assertThat(ChunkSize.values(MOST, 2_000_000, 0, 2)).isEqualTo(MOST);
  }

  @Test
  void limitsBelowABlockStay() {
    assertThat(ChunkSize.values(100, 2_000_000, SLOW, 2)).isEqualTo(100);
  }
}
