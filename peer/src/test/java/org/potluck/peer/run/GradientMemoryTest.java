package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.RoundOutcome;
import org.potluck.peer.manifest.CodecChoice;

class GradientMemoryTest {
  @Test
  void bringsTheGradientsThemselvesWithACodecThatDropsNothingWhole() {
    GradientMemory memory = new GradientMemory(CodecChoice.of("int8").up());
    MemorySegment gradients = MemorySegment.ofArray(new float[] {1, 2, 3});
    assertThat(memory.send(gradients, 8)).isSameAs(gradients);
  }

  @Test
  void bringsLaterWhatTheCodecDropped() {
    GradientMemory memory = new GradientMemory(CodecChoice.of("sparse").up());
    MemorySegment gradients = MemorySegment.ofArray(new float[] {8, 4});
    assertThat(values(memory.send(gradients, 8))).containsExactly(8, 0);
    assertThat(values(gradients)).containsExactly(8, 4);
    MemorySegment none = MemorySegment.ofArray(new float[2]);
    assertThat(values(memory.send(none, 8))).containsExactly(0, 4 * 0.95f);
  }

  @Test
  void leavesGradientsWithoutSamplesAlone() {
    GradientMemory memory = new GradientMemory(CodecChoice.of("sparse").up());
    memory.send(MemorySegment.ofArray(new float[] {8, 4}), 8);
    MemorySegment none = MemorySegment.ofArray(new float[2]);
    assertThat(memory.send(none, 0)).isSameAs(none);
    assertThat(values(memory.send(none, 1))).containsExactly(0, 4 * 0.95f);
  }

  @Test
  void aRoundThatCameToNothingCountsOnce() {
    GradientMemory memory = new GradientMemory(CodecChoice.of("sparse").up());
    MemorySegment gradients = MemorySegment.ofArray(new float[] {8, 4});
    MemorySegment sent = memory.send(gradients, 8);
    memory.settle(abandoned(), sent, gradients);
    assertThat(values(memory.send(gradients, 8))).containsExactly(8, 0);
    MemorySegment none = MemorySegment.ofArray(new float[2]);
    assertThat(values(memory.send(none, 8))).containsExactly(0, 4 * 0.95f);
  }

  private static RoundOutcome abandoned() {
    return new RoundOutcome.Abandoned(
        RoundOutcome.Cause.INCOMPLETE,
        "a test",
        List.of(),
        new RoundOutcome.RoundTiming(Duration.ZERO, Duration.ZERO));
  }

  private static float[] values(MemorySegment vector) {
    return vector.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
