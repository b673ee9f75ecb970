package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.CourseMessage;
import org.potluck.averaging.proto.GroupMessage;
import org.potluck.averaging.proto.MemberMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/** Groups as their leader tells them to the members. */
final class GroupMessages {
  private GroupMessages() {}

  static CourseMessage write(Course course) {
    return CourseMessage.newBuilder()
        .setName(ByteString.fromHex(course.name()))
        .setPeers(course.peers())
        .addAllStages(course.stages().stream().map(GroupMessages::write).toList())
        .build();
  }

  private static GroupMessage write(Group group) {
    GroupMessage.Builder message =
        GroupMessage.newBuilder()
            .setRoundId(ByteString.fromHex(group.round()))
            .setKey(group.key())
            .setEpoch(group.epoch())
            .setLength(group.length())
            .setChunkValues(group.chunkValues())
            .setCodecUp(group.codecUp().wireNumber())
            .setCodecDown(group.codecDown().wireNumber())
            .setExpectedMicros(group.expected().toNanos() / 1000)
            .setCarried(group.carried());
    for (Member member : group.members()) {
      MemberMessage.Builder next =
          MemberMessage.newBuilder()
              .setPeer(ByteString.copyFrom(member.peer().toBytes()))
              .setWeight(member.weight())
              .setReachable(member.reachable())
              .setShare(member.share())
              .addAllAddresses(member.addresses().stream().map(Multiaddr::toString).toList());
      CodecId codec = member.codec();
      if (codec != null) {
        next.setCodec(codec.wireNumber());
      }
      message.addMembers(next);
    }
    return message.build();
  }

  /**
   * @throws FrameException when it is not a course
   */
  static Course read(CourseMessage message) throws FrameException {
    if (message.getName().size() != Group.ROUND_BYTES
        || message.getStagesCount() > Course.STAGES_MAX) {
      throw new FrameException("a course of wrong size");
    }
    List<Group> stages = new ArrayList<>();
    for (GroupMessage stage : message.getStagesList()) {
      stages.add(read(stage));
    }
    try {
      String name = HexFormat.of().formatHex(message.getName().toByteArray());
      return new Course(name, message.getPeers(), stages);
    } catch (IllegalArgumentException e) {
      throw new FrameException("not a course: " + e.getMessage(), e);
    }
  }

  private static Group read(GroupMessage message) throws FrameException {
    if (message.getRoundId().size() != Group.ROUND_BYTES
        || message.getMembersCount() > Group.MEMBERS_MAX) {
      throw new FrameException("a group of wrong size");
    }
    try {
      List<Member> members = new ArrayList<>();
      for (MemberMessage member : message.getMembersList()) {
        PeerId peer = PeerId.ofBytes(member.getPeer().toByteArray());
        members.add(
            new Member(
                peer,
                member.getWeight(),
                member.getReachable(),
                member.getShare(),
                Member.addresses(peer, member.getAddressesList()),
                member.hasCodec() ? codec(member.getCodec()) : null));
      }
      return new Group(
          HexFormat.of().formatHex(message.getRoundId().toByteArray()),
          message.getKey(),
          message.getEpoch(),
          message.getLength(),
          message.getChunkValues(),
          members,
          codec(message.getCodecUp()),
          codec(message.getCodecDown()),
          Duration.ofNanos(Math.multiplyExact(message.getExpectedMicros(), 1000L)),
          message.getCarried());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new FrameException("not a group: " + e.getMessage(), e);
    }
  }

  private static CodecId codec(int wireNumber) {
    return CodecId.ofWireNumber(wireNumber)
        .orElseThrow(() -> new IllegalArgumentException("codec " + wireNumber));
  }
}
