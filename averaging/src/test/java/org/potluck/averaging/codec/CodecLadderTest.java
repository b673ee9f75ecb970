package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecLadder.Rung;

class CodecLadderTest {
  private static final long MILLION = 1_000_000;

  @Test
  void theMostExactThatIsInTimeIsTaken() {
    assertThat(choose(50 * MILLION, 250)).isEqualTo(CodecLadder.rungs(MILLION).getFirst());
    assertThat(choose(50 * MILLION, 155).up()).isEqualTo(CodecId.INT8_BLOCKWISE);
    assertThat(choose(50 * MILLION, 155).down()).isEqualTo(CodecId.FLOAT16_SCALED);
    assertThat(choose(50 * MILLION, 110).down()).isEqualTo(CodecId.INT8_BLOCKWISE);
  }

  @Test
  void whereNoneIsInTimeTheCoarsestIsTaken() {
    assertThat(choose(50 * MILLION, 1)).isEqualTo(CodecLadder.rungs(MILLION).getLast());
  }

  @Test
  void smallVectorsAreNeverCoarse() {
    assertThat(choose(CodecLadder.SMALL_VALUES - 1, 0).up()).isEqualTo(CodecId.FLOAT16_SCALED);
    assertThat(choose(CodecLadder.SMALL_VALUES - 1, 0).down()).isEqualTo(CodecId.FLOAT16_SCALED);
  }

  @Test
  void noRungNeedsAMemory() {
    assertThat(CodecLadder.rungs(MILLION))
        .allSatisfy(
            rung -> {
              assertThat(rung.up().needsErrorFeedback()).isFalse();
              assertThat(rung.down().needsErrorFeedback()).isFalse();
            });
  }

  /** A link of one megabyte a second. */
  private static Rung choose(long values, int seconds) {
    Function<Rung, Duration> expected =
        rung ->
            Duration.ofMillis(
                (long) (values * (rung.up().bytesPerValue() + rung.down().bytesPerValue()) / 1e3));
    return CodecLadder.choose(values, Duration.ofSeconds(seconds), expected);
  }
}
