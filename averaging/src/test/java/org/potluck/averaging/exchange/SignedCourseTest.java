package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.SignedCourseMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Identity;

class SignedCourseTest {
  private final Identity leader = Identity.generate(new SplittableRandom(1));
  private final Identity other = Identity.generate(new SplittableRandom(2));

  @Test
  void whatTheLeaderSignedIsRead() throws FrameException {
    SignedCourseMessage message = SignedCourse.sign(leader, course()).message();
    assertThat(SignedCourse.open(leader.peerId(), message).course()).isEqualTo(course());
  }

  @Test
  void whatSomebodyElseSignedIsRefused() {
    SignedCourseMessage message = SignedCourse.sign(other, course()).message();
    assertThatThrownBy(() -> SignedCourse.open(leader.peerId(), message))
        .isInstanceOf(FrameException.class)
        .hasMessageContaining("signed");
  }

  @Test
  void noByteCanBeChanged() {
    SignedCourseMessage message = SignedCourse.sign(leader, course()).message();
    for (int at = 0; at < message.getCourse().size(); at++) {
      byte[] bytes = message.getCourse().toByteArray();
      bytes[at] ^= 1;
      SignedCourseMessage changed =
          message.toBuilder().setCourse(ByteString.copyFrom(bytes)).build();
      assertThatThrownBy(() -> SignedCourse.open(leader.peerId(), changed))
          .isInstanceOf(FrameException.class);
    }
  }

  private Course course() {
    List<Member> members =
        List.of(
            new Member(leader.peerId(), 3, true, 60, List.of()),
            new Member(other.peerId(), 5, false, 40, List.of(), CodecId.NONE));
    return Course.of(
        new Group(
            "00112233445566778899aabbccddeeff",
            "run.gradients",
            7,
            100,
            10,
            members,
            CodecId.FLOAT16,
            CodecId.INT8_BLOCKWISE));
  }
}
