package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ErrorFeedbackTest {
  private static final List<CodecId> COARSE = List.of(CodecId.INT4_BLOCKWISE, CodecId.SPARSE);

  @Test
  void whatIsSentAndWhatIsRememberedAddUpToWhatCameIn() {
    for (CodecId id : COARSE) {
      int n = 70_000;
      ErrorFeedback feedback = new ErrorFeedback(Codecs.of(id), n, 1);
      double[] in = new double[n];
      double[] out = new double[n];
      for (int round = 0; round < 20; round++) {
        float[] vector = gradient(round, n);
        for (int i = 0; i < n; i++) {
          in[i] += vector[i];
        }
        feedback.compensate(MemorySegment.ofArray(vector));
        for (int i = 0; i < n; i++) {
          out[i] += vector[i];
        }
      }
      for (int i = 0; i < n; i++) {
        assertThat(out[i] + remembered(feedback, i))
            .as("%s, value %s", id, i)
            .isCloseTo(in[i], within(1e-4));
      }
    }
  }

  /** Without a memory, values below the kept ones would never be sent at all. */
  @Test
  void smallValuesAreSentInTheEnd() {
    int n = Codec.BLOCK_VALUES;
    ErrorFeedback feedback = new ErrorFeedback(Codecs.of(CodecId.SPARSE), n, 1);
    double[] sent = new double[n];
    float[] forgetful = new float[n];
    for (int round = 0; round < 1000; round++) {
      float[] vector = new float[n];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = i % 32 == 0 ? 1 : 0.1f;
      }
      forgetful = vector.clone();
      feedback.compensate(MemorySegment.ofArray(vector));
      for (int i = 0; i < n; i++) {
        sent[i] += vector[i];
      }
    }
    ByteBuffer once = ByteBuffer.allocate(Codecs.of(CodecId.SPARSE).encodedBytes(n));
    Codecs.of(CodecId.SPARSE).encode(MemorySegment.ofArray(forgetful), 0, n, once);
    Codecs.of(CodecId.SPARSE).decode(once.flip(), MemorySegment.ofArray(forgetful), 0, n);
    assertThat(forgetful[1]).isZero();
    for (int i = 0; i < n; i++) {
      assertThat(sent[i]).as("value %s", i).isGreaterThan(0);
    }
  }

  @Test
  void whatIsLeftInTheVectorIsWhatOthersDecode() {
    for (CodecId id : COARSE) {
      Codec codec = Codecs.of(id);
      int n = 3 * Codec.BLOCK_VALUES + 77;
      ErrorFeedback feedback = new ErrorFeedback(codec, n, 0.9);
      for (int round = 0; round < 5; round++) {
        float[] vector = gradient(round, n);
        feedback.compensate(MemorySegment.ofArray(vector));
        ByteBuffer encoded = ByteBuffer.allocate(codec.encodedBytes(n));
        codec.encode(MemorySegment.ofArray(vector), 0, n, encoded);
        float[] decoded = new float[n];
        codec.decode(encoded.flip(), MemorySegment.ofArray(decoded), 0, n);
        for (int i = 0; i < n; i++) {
          assertThat((double) decoded[i])
              .as("%s, round %s, value %s", id, round, i)
              .isCloseTo(vector[i], within(Math.abs(vector[i]) * 0x1p-22));
        }
      }
    }
  }

  @Test
  void forgetsAtItsDecay() {
    int n = 64;
    ErrorFeedback feedback = new ErrorFeedback(Codecs.of(CodecId.SPARSE), n, 0.5);
    float[] vector = new float[n];
    vector[0] = 8;
    vector[1] = 4;
    feedback.compensate(MemorySegment.ofArray(vector));
    assertThat(vector[0]).isEqualTo(8);
    assertThat(remembered(feedback, 1)).isEqualTo(4);
    float[] next = new float[n];
    next[0] = 8;
    feedback.compensate(MemorySegment.ofArray(next));
    assertThat(remembered(feedback, 1)).isEqualTo(2);
  }

  @Test
  void aWithdrawnRoundLeavesWhatWasRememberedBefore() {
    int n = 5000;
    ErrorFeedback feedback = new ErrorFeedback(Codecs.of(CodecId.INT4_BLOCKWISE), n, 1);
    feedback.compensate(MemorySegment.ofArray(gradient(1, n)));
    float[] before = feedback.residual().toArray(ValueLayout.JAVA_FLOAT);
    float[] brought = gradient(2, n);
    float[] sent = brought.clone();
    feedback.compensate(MemorySegment.ofArray(sent));
    feedback.withdraw(MemorySegment.ofArray(sent), MemorySegment.ofArray(brought));
    for (int i = 0; i < n; i++) {
      assertThat(remembered(feedback, i)).isCloseTo(before[i], within(1e-5f));
    }
  }

  @Test
  void staysFiniteAndRestores() {
    ErrorFeedback feedback = new ErrorFeedback(Codecs.of(CodecId.SPARSE), 128, 1);
    for (int round = 0; round < 5; round++) {
      float[] huge = new float[128];
      Arrays.fill(huge, Float.MAX_VALUE);
      feedback.compensate(MemorySegment.ofArray(huge));
      assertThat(VectorMath.allFinite(MemorySegment.ofArray(huge), 0, 128)).isTrue();
      assertThat(VectorMath.allFinite(feedback.residual(), 0, 128)).isTrue();
    }
    ErrorFeedback other = new ErrorFeedback(Codecs.of(CodecId.SPARSE), 128, 1);
    other.restore(feedback.residual());
    assertThat(other.residual().mismatch(feedback.residual())).isEqualTo(-1);
    float[] bad = new float[128];
    bad[5] = Float.NaN;
    assertThatThrownBy(() -> other.restore(MemorySegment.ofArray(bad)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static float remembered(ErrorFeedback feedback, int i) {
    return feedback.residual().getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  private static float[] gradient(long seed, int n) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
