package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CodecLadderTest {
  private static final long MILLION = 1_000_000;

  @Test
  void takesTheMostExactCodecThatIsInTime() {
    Duration limit = Duration.ofSeconds(10);
    long values = 100 * MILLION;
    assertThat(CodecLadder.choose(values, 30e6, limit, true)).isEqualTo(CodecId.FLOAT16_SCALED);
    assertThat(CodecLadder.choose(values, 15e6, limit, true)).isEqualTo(CodecId.INT8_BLOCKWISE);
    assertThat(CodecLadder.choose(values, 7e6, limit, true)).isEqualTo(CodecId.INT4_BLOCKWISE);
    assertThat(CodecLadder.choose(values, 2.5e6, limit, true)).isEqualTo(CodecId.SPARSE);
  }

  @Test
  void neverTakesSparseWithoutErrorFeedback() {
    assertThat(CodecLadder.choose(100 * MILLION, 1000, Duration.ofSeconds(1), false))
        .isEqualTo(CodecId.INT4_BLOCKWISE);
  }

  @Test
  void takesTheCoarsestWhereNothingIsInTime() {
    assertThat(CodecLadder.choose(100 * MILLION, 1000, Duration.ZERO, true))
        .isEqualTo(CodecId.SPARSE);
  }

  @Test
  void keepsSmallVectorsExactOnAnyLink() {
    assertThat(CodecLadder.choose(CodecLadder.SMALL_VALUES - 1, 1, Duration.ZERO, true))
        .isEqualTo(CodecId.FLOAT16_SCALED);
  }

  @Test
  void isNeverCoarserOnAFasterLink() {
    double before = 0;
    for (double speed = 1e3; speed < 1e9; speed *= 1.3) {
      CodecId codec = CodecLadder.choose(50 * MILLION, speed, Duration.ofSeconds(5), true);
      assertThat(codec.bytesPerValue()).isGreaterThanOrEqualTo(before);
      before = codec.bytesPerValue();
    }
    assertThat(before).isGreaterThan(2);
  }

  @Test
  void refusesALinkWithoutSpeed() {
    assertThatThrownBy(() -> CodecLadder.choose(1, 0, Duration.ZERO, true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> CodecLadder.choose(1, Double.NaN, Duration.ZERO, true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
