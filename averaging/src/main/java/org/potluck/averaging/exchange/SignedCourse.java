package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
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
 *
 * @param course as it reads from the message, to all alike
 */
public record SignedCourse(PeerId leader, Course course, SignedCourseMessage message) {
  private static final ByteString PREFIX =
      ByteString.copyFrom("potluck-course:", StandardCharsets.US_ASCII);

  /** What {@code leader} tells a member. */
  public static SignedCourse sign(Identity leader, Course course) {
    ByteString bytes = GroupMessages.write(course).toByteString();
    byte[] signature = leader.sign(PREFIX.concat(bytes).toByteArray());
    SignedCourseMessage message =
        SignedCourseMessage.newBuilder()
            .setCourse(bytes)
            .setSignature(ByteString.copyFrom(signature))
            .build();
    try {
      return new SignedCourse(leader.peerId(), read(bytes), message);
    } catch (FrameException e) {
      throw new IllegalArgumentException("not a course", e);
    }
  }

  private static Course read(ByteString course) throws FrameException {
    try {
      return GroupMessages.read(CourseMessage.parseFrom(course));
    } catch (InvalidProtocolBufferException e) {
      throw new FrameException("not a course: " + e.getMessage(), e);
    }
  }

  /**
   * @throws FrameException when {@code leader} has not signed it, or it is no course
   */
  public static SignedCourse open(PeerId leader, SignedCourseMessage message)
      throws FrameException {
    byte[] signed = PREFIX.concat(message.getCourse()).toByteArray();
    if (!PublicKey.of(leader).verify(signed, message.getSignature().toByteArray())) {
      throw new FrameException("a course that its leader has not signed");
    }
    return new SignedCourse(leader, read(message.getCourse()), message);
  }

  /** Whether the same leader has told of a round in both that is not the same. */
  boolean contradicts(SignedCourse other) {
    return leader.equals(other.leader)
        && course.stages().stream()
            .anyMatch(
                stage ->
                    other.course.stages().stream()
                        .anyMatch(
                            too ->
                                stage.round().equals(too.round())
                                    && !stage.digest().equals(too.digest())));
  }
}
