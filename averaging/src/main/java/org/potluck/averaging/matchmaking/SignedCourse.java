package org.potluck.averaging.matchmaking;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.proto.CourseMessage;
import org.potluck.averaging.proto.SignedCourseMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;

/**
 * Courses with the signature of the leader that made them.
 *
 * <p>The stream a course comes on proves who sends it, but only to the one at its end. Signed, it
 * can be shown: two courses that name the same round otherwise are proof against their leader.
 */
final class SignedCourse {
  private static final ByteString PREFIX =
      ByteString.copyFrom("potluck-course:", StandardCharsets.US_ASCII);

  private SignedCourse() {}

  static SignedCourseMessage sign(Identity leader, Course course) {
    ByteString bytes = GroupMessages.write(course).toByteString();
    byte[] signature = leader.sign(PREFIX.concat(bytes).toByteArray());
    return SignedCourseMessage.newBuilder()
        .setCourse(bytes)
        .setSignature(ByteString.copyFrom(signature))
        .build();
  }

  /**
   * @throws FrameException when {@code leader} has not signed it, or it is no course
   */
  static Course open(PeerId leader, SignedCourseMessage message) throws FrameException {
    byte[] signed = PREFIX.concat(message.getCourse()).toByteArray();
    if (!PublicKey.of(leader).verify(signed, message.getSignature().toByteArray())) {
      throw new FrameException("a course that its leader has not signed");
    }
    try {
      return GroupMessages.read(CourseMessage.parseFrom(message.getCourse()));
    } catch (InvalidProtocolBufferException e) {
      throw new FrameException("not a course: " + e.getMessage(), e);
    }
  }
}
