package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Identity;

/** Which groups there can be, whatever a leader writes. */
class GroupTest {
  private static final String NAME = "00112233445566778899aabbccddeeff";

  @Test
  void weightsAreNumbers() {
    for (double weight :
        new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      refuses(List.of(1.0, weight), List.of(8L, 8L), 16);
    }
    assertThat(group(List.of(2.0, 0.0, 3.0), List.of(8L, 8L, 0L), 16, 4).weightMax())
        .isBetween(5.0, 5.001);
  }

  @Test
  void spansCoverTheVectorOnce() {
    refuses(List.of(1.0, 1.0), List.of(8L, 9L), 16);
    refuses(List.of(1.0, 1.0), List.of(8L, 7L), 16);
    refuses(List.of(1.0, 1.0), List.of(-1L, 17L), 16);
    refuses(List.of(1.0, 1.0), List.of(0L, 0L), 0);
    refuses(List.of(1.0, 1.0, 1.0), List.of(Long.MAX_VALUE, Long.MAX_VALUE, 18L), 16);
  }

  @Test
  void chunksAreBoundedInNumber() {
    List<Double> weights = List.of(1.0, 1.0);
    long longest = (long) Codec.BLOCK_VALUES << 20;
    for (int chunk : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> group(weights, List.of(8L, 8L), 16, chunk))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> group(weights, List.of(longest, longest), 2 * longest, 4096))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Behind the 2<sup>31</sup>st value, and the 2<sup>31</sup>st byte of a span. */
  @Test
  void chunksOfLongVectorsFollowEachOther() {
    long share = 3L << 30;
    Group group =
        group(List.of(1.0, 1.0, 1.0), List.of(share, 0L, share + 5), 2 * share + 5, 1 << 20);
    ChunkTable chunks = new ChunkTable(group);
    long at = 0;
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      assertThat(chunks.from(chunk)).isEqualTo(at);
      assertThat(chunks.owner(chunk)).isEqualTo(at < share ? 0 : 2);
      at += chunks.values(chunk);
    }
    assertThat(at).isEqualTo(group.length());
    assertThat(chunks.values(chunks.size() - 1)).isEqualTo(5);
  }

  private static void refuses(List<Double> weights, List<Long> shares, long length) {
    assertThatThrownBy(() -> group(weights, shares, length, 4))
        .as("weights %s, shares %s", weights, shares)
        .isInstanceOfAny(IllegalArgumentException.class, ArithmeticException.class);
  }

  private static Group group(List<Double> weights, List<Long> shares, long length, int chunk) {
    SplittableRandom random = new SplittableRandom(1);
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      members.add(
          new Member(
              Identity.generate(random).peerId(), weights.get(i), true, shares.get(i), List.of()));
    }
    return new Group(NAME, "run", 1, length, chunk, members, CodecId.NONE, CodecId.NONE);
  }
}
