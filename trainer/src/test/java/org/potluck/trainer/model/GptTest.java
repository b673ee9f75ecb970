package org.potluck.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class GptTest {
  private static final GptConfig SHAPE = new GptConfig(2, 2, 16, 8);

  private static float[] parameters(GptConfig shape, long seed, float scale) {
    float[] values = Initialisation.of(shape, Layout.of(shape), seed);
    for (Tensor tensor : Layout.of(shape).tensors()) {
      for (int i = tensor.offset(); tensor.matrix() && i < tensor.end(); i++) {
        values[i] *= scale;
      }
    }
    return values;
  }

  private static long[] tokens(int count, long seed) {
    return new SplittableRandom(seed).longs(count, 0, 256).toArray();
  }

  @Test
  void doesNotSeeTheFuture() throws DeviceException {
    try (var model =
        new Gpt(SHAPE, Layout.of(SHAPE), DeviceChoice.CPU, 1, parameters(SHAPE, 3, 10))) {
      long[] tokens = tokens(8, 1);
      float[] before = model.logits(tokens);
      tokens[5] = (tokens[5] + 1) % 256;
      float[] after = model.logits(tokens);
      for (int i = 0; i < 5 * 256; i++) {
        assertThat(after[i]).isCloseTo(before[i], within(1e-5f));
      }
      assertThat(after[7 * 256]).isNotEqualTo(before[7 * 256]);
    }
  }

  @Test
  void gradientAgreesWithFiniteDifferences() throws DeviceException {
    for (boolean tied : new boolean[] {true, false}) {
      var shape = new GptConfig(2, 2, 16, 8, 256, tied);
      Layout layout = Layout.of(shape);
      float[] values = parameters(shape, 5, 10);
      long[] tokens = tokens(2 * 9, 2);
      try (var model = new Gpt(shape, layout, DeviceChoice.CPU, 1, values)) {
        model.backward(tokens, 2);
        var gradient = new float[layout.size()];
        model.gradient(gradient);
        for (Tensor tensor : layout.tensors()) {
          int at = largest(gradient, tensor);
          float step = 2e-3f;
          float kept = values[at];
          values[at] = kept + step;
          model.load(values);
          double above = model.loss(tokens, 2) * 2;
          values[at] = kept - step;
          model.load(values);
          double below = model.loss(tokens, 2) * 2;
          values[at] = kept;
          double difference = (above - below) / (2 * step);
          assertThat((double) gradient[at])
              .as("%s, tied %s", tensor.name(), tied)
              .isCloseTo(difference, within(0.003 + 0.05 * Math.abs(difference)));
        }
      }
    }
  }

  private static int largest(float[] gradient, Tensor tensor) {
    int best = tensor.offset();
    for (int i = tensor.offset(); i < tensor.end(); i++) {
      best = Math.abs(gradient[i]) > Math.abs(gradient[best]) ? i : best;
    }
    return best;
  }

  @Test
  void startsWithTheSameBitsFromTheSameSeed() throws DeviceException {
    Layout layout = Layout.of(SHAPE);
    float[] values = Initialisation.of(SHAPE, layout, 42);
    assertThat(Initialisation.of(SHAPE, layout, 42)).containsExactly(values);
    assertThat(Initialisation.of(SHAPE, layout, 43)[0]).isNotEqualTo(values[0]);
    double squares = 0;
    Tensor embedding = layout.tensors().getFirst();
    for (int i = 0; i < embedding.size(); i++) {
      squares += values[i] * values[i];
    }
    assertThat(Math.sqrt(squares / embedding.size())).isCloseTo(0.02, within(0.001));
  }

  @Test
  void readsRowsShorterThanTheContext() throws DeviceException {
    try (var model =
        new Gpt(SHAPE, Layout.of(SHAPE), DeviceChoice.CPU, 1, parameters(SHAPE, 3, 10))) {
      long[] tokens = tokens(8, 1);
      float[] whole = model.logits(tokens);
      float[] start = model.logits(java.util.Arrays.copyOf(tokens, 3));
      assertThat(start).hasSize(3 * 256);
      for (int i = 0; i < start.length; i++) {
        assertThat(start[i]).isCloseTo(whole[i], within(1e-5f));
      }
    }
  }
}
