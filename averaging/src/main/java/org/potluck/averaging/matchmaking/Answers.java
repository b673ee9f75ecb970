package org.potluck.averaging.matchmaking;

import com.google.protobuf.ByteString;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.proto.CallMessage;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.RedirectMessage;
import org.potluck.averaging.proto.RefusedMessage;
import org.potluck.averaging.proto.WelcomeMessage;

/** What a leader says to a follower. */
final class Answers {
  static final JoinAnswerMessage WELCOME =
      JoinAnswerMessage.newBuilder().setWelcome(WelcomeMessage.getDefaultInstance()).build();
  static final JoinAnswerMessage CALL =
      JoinAnswerMessage.newBuilder().setCall(CallMessage.getDefaultInstance()).build();
  static final JoinAnswerMessage BEGUN = refusal("the round has begun", true);

  private Answers() {}

  /**
   * @param closed whether looking further is of no use
   */
  static JoinAnswerMessage refusal(String reason, boolean closed) {
    return JoinAnswerMessage.newBuilder()
        .setRefused(RefusedMessage.newBuilder().setReason(reason).setClosed(closed))
        .build();
  }

  static JoinAnswerMessage redirect(Declaration leader) {
    return JoinAnswerMessage.newBuilder()
        .setRedirect(
            RedirectMessage.newBuilder()
                .setLeader(ByteString.copyFrom(leader.peer().toBytes()))
                .setDeclaredMicros(leader.declaredMicros())
                .setReachable(leader.reachable())
                .addAllAddresses(leader.message().getAddressesList()))
        .build();
  }

  static JoinAnswerMessage course(SignedCourse course) {
    return JoinAnswerMessage.newBuilder().setCourse(course.message()).build();
  }
}
