package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedValuesTest {
  private static final int BLOCK = 1 << 18;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, BLOCK, BLOCK + 1, 3 * BLOCK - 1})
  void bringsEveryBitBack(int values) {
    Random random = new Random(values);
    int[] bits = random.ints(values).toArray(); // Also what is no number.
    MemorySegment packed = PackedValues.pack(MemorySegment.ofArray(bits));
    assertThat(packed.byteSize()).isLessThanOrEqualTo(PackedValues.bytesMax(values));
    assertThat(PackedValues.unpack(packed, values).toArray(ValueLayout.JAVA_INT)).isEqualTo(bits);
  }

  @Test
  void anAverageInFloat16TakesTwoBytesAValue() {
    Random random = new Random(1);
    float[] values = new float[2 * BLOCK];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.float16ToFloat(Float.floatToFloat16((float) random.nextGaussian() * 1e-3f));
    }
    long bytes = PackedValues.pack(MemorySegment.ofArray(values)).byteSize();
    assertThat(bytes).isBetween((long) values.length, 2L * values.length);
  }

  @Test
  void refusesWhatIsSomethingElse() {
    MemorySegment packed = PackedValues.pack(MemorySegment.ofArray(new float[1000]));
    assertRefused(packed, 999);
    assertRefused(packed, 1001);
    assertRefused(packed.asSlice(0, packed.byteSize() - 1), 1000);
    assertRefused(packed.asSlice(0, 15), 1000);
    MemorySegment longer = MemorySegment.ofArray(new byte[(int) packed.byteSize() + 1]);
    assertRefused(longer.copyFrom(packed.asSlice(0, packed.byteSize() - 1)), 1000);
    MemorySegment negative = MemorySegment.ofArray(packed.toArray(ValueLayout.JAVA_BYTE));
    negative.set(ValueLayout.JAVA_INT_UNALIGNED, 4, -1);
    assertRefused(negative, 1000);
    MemorySegment damaged = MemorySegment.ofArray(packed.toArray(ValueLayout.JAVA_BYTE));
    damaged.set(ValueLayout.JAVA_INT_UNALIGNED, 16, 0x12345678);
    assertRefused(damaged, 1000);
  }

  private static void assertRefused(MemorySegment packed, long values) {
    assertThatThrownBy(() -> PackedValues.unpack(packed, values))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
