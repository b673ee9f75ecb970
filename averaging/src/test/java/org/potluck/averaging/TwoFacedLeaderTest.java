package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.exchange.Meddler;
import org.potluck.averaging.proto.CourseMessage;
import org.potluck.averaging.proto.GroupMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.MemberMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.PeerProfile;

/** A leader that tells one member another plan than the rest, each of them sound and signed. */
class TwoFacedLeaderTest {
  private static final int PEERS = 5;

  @TestFactory
  Stream<DynamicTest> isFoundOutAtOnceAndNobodyElseIsBlamed() {
    Map<String, Consumer<GroupMessage.Builder>> other = new LinkedHashMap<>();
    other.put("other chunks", group -> group.setChunkValues(512));
    other.put("another time", group -> group.setExpectedMicros(1_000_000));
    other.put(
        "other spans",
        group -> {
          group.getMembersBuilder(0).setShare(group.getLength() - 128);
          group.getMembersBuilder(1).setShare(128);
        });
    other.put(
        "another order",
        group -> {
          MemberMessage second = group.getMembers(1);
          group.setMembers(1, group.getMembers(2)).setMembers(2, second);
        });
    other.put("one member less", group -> group.removeMembers(group.getMembersCount() - 1));
    return other.entrySet().stream()
        .map(lie -> DynamicTest.dynamicTest(lie.getKey(), () -> isFoundOut(lie.getValue())));
  }

  private static void isFoundOut(Consumer<GroupMessage.Builder> other) {
    for (int seed = 0; seed < 5; seed++) {
      Swarm swarm = new Swarm(seed, PEERS, 2000);
      PeerId deceived = swarm.networks.get(0).self();
      LyingLeader liar =
          new LyingLeader(
              swarm.simulation,
              List.copyOf(swarm.networks),
              PEERS,
              i -> JoinMessage.newBuilder().setKey("run.gradients").setEpoch(1).build(),
              (good, self, victim) -> {
                GroupMessage.Builder group = good.getStagesBuilder(0);
                first(group, deceived);
                if (victim.equals(deceived)) {
                  other.accept(group);
                }
                good.setPeers(group.getMembersCount());
                return LyingLeader.signed(good, self.network.identity());
              });
      swarm.averageAll();
      swarm.finish();
      for (int peer = 0; peer < PEERS; peer++) {
        assertThat(swarm.outcomes.get(peer))
            .as("seed %d, peer %d", seed, peer)
            .isInstanceOfSatisfying(
                RoundOutcome.Abandoned.class,
                abandoned -> {
                  assertThat(abandoned.reason()).contains("different plans");
                  assertThat(abandoned.faults())
                      .singleElement()
                      .isEqualTo(
                          new PeerFault.TwoFaced(
                              liar.network.self(), "told members different plans"));
                });
      }
      assertThat(swarm.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(1));
      // It still claims to lead the round.
      Collections.fill(swarm.outcomes, null);
      swarm.averageAll();
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), Swarm.all(PEERS), 1e-5);
      for (int peer = 0; peer < PEERS; peer++) {
        assertThat(swarm.outcome(peer).members()).doesNotContain(liar.network.self());
        assertThat(swarm.outcome(peer).faults()).as("seed %d", seed).isEmpty();
      }
      assertThat(liar.rounds()).isEqualTo(1);
    }
  }

  /** Behind the leader, so that it is in all plans at the same place. */
  private static void first(GroupMessage.Builder group, PeerId peer) {
    for (int at = 1; at < group.getMembersCount(); at++) {
      MemberMessage member = group.getMembers(at);
      if (PeerId.ofBytes(member.getPeer().toByteArray()).equals(peer)) {
        group.setMembers(at, group.getMembers(1)).setMembers(1, member);
      }
    }
  }

  /**
   * On a grid only one row can see it, and shows it to all columns: those would miss its members,
   * and blame them.
   */
  @Test
  void onAGridAllHearOfIt() {
    for (int seed = 0; seed < 5; seed++) {
      PeerId[] leader = new PeerId[1];
      int deceived = 4;
      List<PeerId> everybody = new ArrayList<>();
      Swarm swarm =
          new Swarm(
              seed,
              9,
              5000,
              i -> PeerProfile.datacenter(),
              Swarm.options().withGroupSize(3),
              (i, network) -> {
                everybody.add(network.self());
                return new Meddler(
                        "/potluck/join/1",
                        (stream, frame) -> {
                          if (!stream.remote().equals(everybody.get(deceived))) {
                            return frame;
                          }
                          ByteBuffer other = otherCourse(frame, network.identity());
                          leader[0] = other.equals(frame) ? leader[0] : network.self();
                          return other;
                        })
                    .around(network);
              });
      swarm.averageAll();
      swarm.finish();
      for (int peer = 0; peer < 9; peer++) {
        assertThat(swarm.outcomes.get(peer))
            .as("seed %d, peer %d", seed, peer)
            .isInstanceOfSatisfying(
                RoundOutcome.Abandoned.class,
                abandoned ->
                    assertThat(abandoned.faults())
                        .singleElement()
                        .isEqualTo(
                            new PeerFault.TwoFaced(leader[0], "told members different plans")));
      }
      assertThat(swarm.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(2));
    }
  }

  /** The course that a leader sends, with another time for the first stage. */
  private static ByteBuffer otherCourse(ByteBuffer frame, Identity leader) {
    int kindAt = frame.position() + Integer.BYTES;
    if (frame.get(kindAt) != FrameKind.ANSWER.wireNumber()) {
      return frame;
    }
    try {
      JoinAnswerMessage answer =
          JoinAnswerMessage.parseFrom(
              frame.slice(kindAt + 1, frame.remaining() - Frames.HEADER_BYTES));
      if (!answer.hasCourse()) {
        return frame;
      }
      CourseMessage.Builder course =
          CourseMessage.parseFrom(answer.getCourse().getCourse()).toBuilder();
      course.getStagesBuilder(0).setExpectedMicros(1);
      return Frames.of(FrameKind.ANSWER, LyingLeader.signed(course, leader));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** It costs the round what its death would, and nobody believes that the leader is at fault. */
  @Test
  void whoeverOnlySaysThatItWasToldAnotherPlanIsItselfLost() {
    int found = 0;
    for (int seed = 0; seed < 10; seed++) {
      int liar = seed % PEERS;
      Swarm swarm =
          new Swarm(
              seed,
              PEERS,
              2000,
              i -> PeerProfile.datacenter(),
              Swarm.options(),
              (i, network) ->
                  i == liar
                      ? new Meddler("/potluck/reduce/2", TwoFacedLeaderTest::otherPlan)
                          .around(network)
                      : network);
      swarm.averageAll();
      swarm.finish();
      swarm.equalAmongThoseThatAveraged();
      PeerId named = swarm.networks.get(liar).self();
      for (int peer = 0; peer < PEERS; peer++) {
        if (peer != liar) {
          assertThat(swarm.outcome(peer).faults())
              .as("seed %d, peer %d", seed, peer)
              .allMatch(fault -> fault.peer().equals(named))
              .noneMatch(PeerFault.TwoFaced.class::isInstance);
          found +=
              swarm.outcome(peer).faults().stream().anyMatch(PeerFault.Malformed.class::isInstance)
                  ? 1
                  : 0;
        }
      }
    }
    assertThat(found).isPositive();
  }

  private static ByteBuffer otherPlan(ByteBuffer frame) {
    int kindAt = frame.position() + Integer.BYTES;
    boolean hello =
        frame.remaining() > Frames.HEADER_BYTES
            && frame.get(kindAt) == FrameKind.HELLO.wireNumber()
            && frame.getInt(frame.position()) == frame.remaining() - Integer.BYTES;
    if (!hello) {
      return frame;
    }
    try {
      HelloMessage said =
          HelloMessage.parseFrom(frame.slice(kindAt + 1, frame.remaining() - Frames.HEADER_BYTES));
      ByteString other = ByteString.copyFrom(new byte[32]);
      return Frames.of(FrameKind.HELLO, said.toBuilder().setPlan(other).build());
    } catch (InvalidProtocolBufferException e) {
      return frame; // Not one of those after all.
    }
  }
}
