package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** What a follower lets its leader cut the vector into. */
class SoundChunksTest {
  private static final int VALUES = 1_000_000;

  @Test
  void chunksAreWholeBlocksOfBoundedSize() {
    AveragingOptions options = AveragingOptions.defaults();
    assertThat(sound(Codec.BLOCK_VALUES, options)).isTrue();
    assertThat(sound(64 * Codec.BLOCK_VALUES, options)).isTrue();
    assertThat(sound(1, options)).isFalse();
    assertThat(sound(Codec.BLOCK_VALUES - 1, options)).isFalse();
    assertThat(sound(Codec.BLOCK_VALUES + 1, options)).isFalse();
    assertThat(sound(AveragingOptions.CHUNK_BYTES_LIMIT / 4, options)).isTrue();
    assertThat(sound(AveragingOptions.CHUNK_BYTES_LIMIT / 2, options)).isFalse();
    assertThat(sound(Integer.MAX_VALUE, options)).isFalse();
  }

  @Test
  void optionsMayAllowLessThanABlock() {
    AveragingOptions options = AveragingOptions.defaults().withChunkBytesMax(1024);
    assertThat(sound(256, options)).isTrue();
    assertThat(sound(255, options)).isFalse();
  }

  private static boolean sound(int chunkValues, AveragingOptions options) {
    PeerId peer = Identity.generate(new SplittableRandom(1)).peerId();
    Member alone = new Member(peer, 1, true, VALUES, List.of());
    Group group =
        new Group(
            "00112233445566778899aabbccddeeff",
            "run",
            1,
            VALUES,
            chunkValues,
            List.of(alone),
            CodecId.NONE,
            CodecId.NONE);
    return Rounds.hasSoundChunks(group, options);
  }
}
