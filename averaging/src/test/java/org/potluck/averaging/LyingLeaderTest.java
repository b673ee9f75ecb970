package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.CourseMessage;
import org.potluck.averaging.proto.GroupMessage;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.MemberMessage;
import org.potluck.averaging.proto.RedirectMessage;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.PeerProfile;

/** Plans that come from the leader, are signed by it, and are wrong. */
class LyingLeaderTest {
  private static final int PEERS = 4;
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final LyingLeader.Lie TRUTH =
      (good, liar, victim) -> LyingLeader.signed(good, liar.network.identity());

  /** What is told apart from the truth is the lie: a good course of the same peer is taken. */
  @Test
  void aGoodCourseOfTheSameLeaderIsTaken() {
    Swarm swarm = new Swarm(1, PEERS, 2000);
    LyingLeader liar = leads(swarm, TRUTH);
    swarm.averageAll();
    swarm.finish();
    for (int peer = 0; peer < PEERS; peer++) {
      assertThat(swarm.outcome(peer).members()).contains(liar.network.self());
    }
  }

  @TestFactory
  Stream<DynamicTest> aWrongCourseIsRefusedAndTheOthersGoOnAtOnce() {
    Map<String, LyingLeader.Lie> lies = new LinkedHashMap<>();
    lies.put(
        "signed by another",
        (good, liar, victim) ->
            LyingLeader.signed(good, Identity.generate(new SplittableRandom(5))));
    lies.put("spans too short", group(group -> share(group, 0, group.getLength() - 1)));
    lies.put("spans too long", group(group -> share(group, 1, 1)));
    lies.put(
        "a span less than nothing",
        group(group -> share(share(group, 1, -1), 0, group.getLength() + 1)));
    lies.put(
        "spans that overflow",
        group(group -> share(share(group, 1, Long.MAX_VALUE), 2, Long.MAX_VALUE)));
    lies.put("a member twice", group(group -> group.addMembers(group.getMembers(1))));
    lies.put("without its reader", forVictim((group, at) -> group.removeMembers(at)));
    lies.put("another weight", forVictim((group, at) -> weight(group, at, 1)));
    lies.put("a weight that is no number", group(group -> weight(group, 0, Double.NaN)));
    lies.put("an endless weight", group(group -> weight(group, 0, Double.POSITIVE_INFINITY)));
    lies.put("a negative weight", group(group -> weight(group, 0, -1)));
    lies.put(
        "weights whose sum is endless",
        group(
            group ->
                weight(group, 0, Double.MAX_VALUE)
                    .addAllMembers(LyingLeader.phantoms(1, Double.MAX_VALUE))));
    lies.put("another epoch", group(group -> group.setEpoch(group.getEpoch() + 1)));
    lies.put("another key", group(group -> group.setKey("other.gradients")));
    lies.put(
        "another length",
        group(group -> share(group, 0, group.getLength() + 1).setLength(group.getLength() + 1)));
    lies.put("no length", group(group -> share(group, 0, 0).setLength(0)));
    lies.put(
        "another codec of contributions",
        group(group -> group.setCodecUp(CodecId.FLOAT16.wireNumber())));
    lies.put(
        "another codec of averages",
        group(group -> group.setCodecDown(CodecId.FLOAT16.wireNumber())));
    lies.put("a codec that does not exist", group(group -> group.setCodecUp(77)));
    lies.put(
        "a codec of one member",
        forVictim(
            (group, at) ->
                group.getMembersBuilder(at).setCodec(CodecId.INT4_BLOCKWISE.wireNumber())));
    lies.put("chunks of one value", group(group -> group.setChunkValues(1)));
    lies.put("chunks of no value", group(group -> group.setChunkValues(0)));
    lies.put("enormous chunks", group(group -> group.setChunkValues(1 << 30)));
    lies.put("nobody", group(GroupMessage.Builder::clearMembers));
    lies.put("too many", group(group -> group.addAllMembers(LyingLeader.phantoms(1100, 1))));
    lies.put("a time less than none", group(group -> group.setExpectedMicros(-1)));
    lies.put("a time that overflows", group(group -> group.setExpectedMicros(Long.MAX_VALUE)));
    lies.put("means of a stage before", group(group -> group.setCarried(true)));
    lies.put("a name that is none", group(group -> group.clearRoundId()));
    lies.put("no stages", course(CourseMessage.Builder::clearStages));
    lies.put(
        "endless stages",
        course(
            course -> {
              GroupMessage later = course.getStages(0).toBuilder().setCarried(true).build();
              IntStream.range(0, 10).forEach(i -> course.addStages(later));
            }));
    lies.put("more peers than are in it", course(course -> course.setPeers(1000)));
    lies.put("fewer peers than are in it", course(course -> course.setPeers(1)));
    lies.put("peers below none", course(course -> course.setPeers(-1)));
    return lies.entrySet().stream()
        .map(lie -> DynamicTest.dynamicTest(lie.getKey(), () -> isRefused(lie.getValue())));
  }

  private static void isRefused(LyingLeader.Lie lie) {
    Swarm swarm = new Swarm(1, PEERS, 2000);
    LyingLeader liar = leads(swarm, lie);
    swarm.averageAll();
    swarm.finish();
    assertThat(liar.rounds()).as("times that it was heard").isPositive();
    float[] average = swarm.agreed();
    swarm.isTheMeanOf(average, Swarm.all(PEERS), 1e-5);
    for (int peer = 0; peer < PEERS; peer++) {
      assertThat(swarm.outcome(peer).members()).hasSize(PEERS).doesNotContain(liar.network.self());
    }
    assertThat(swarm.simulation.elapsed()).isLessThan(Duration.ofSeconds(2));
  }

  /** It says ten times a second that it is there, which over home links is faster than a group. */
  @Test
  void announcingItselfAgainDoesNotHelpIt() {
    for (int seed = 0; seed < 5; seed++) {
      Swarm swarm = new Swarm(seed, PEERS, 2000, i -> PeerProfile.home());
      LyingLeader liar = leads(swarm, group(group -> share(group, 0, 1)));
      swarm.averageAll();
      swarm.finish();
      swarm.agreed();
      assertThat(liar.rounds()).as("times that it was heard, seed %d", seed).isEqualTo(1);
    }
  }

  /**
   * Courses that a leader may send, but from which nothing comes: most of the members do not exist,
   * or they are too few for a round. It leads twice, and then the others do.
   */
  @TestFactory
  Stream<DynamicTest> aLeaderOfWhoseRoundsNothingComesIsNotFollowedForLong() {
    Map<String, LyingLeader.Lie> lies = new LinkedHashMap<>();
    lies.put(
        "members that do not exist",
        course(
            course -> {
              GroupMessage.Builder group = course.getStagesBuilder(0).removeMembers(0);
              share(group, 0, group.getLength()).addAllMembers(LyingLeader.phantoms(10, 1));
              course.setPeers(course.getStages(0).getMembersCount());
            }));
    lies.put("too few for a round", only(true));
    lies.put("its reader alone", only(false));
    lies.put(
        "the name of a round before",
        course(
            course -> {
              course.setName(ByteString.copyFrom(new byte[16]));
              course.getStagesBuilder(0).setRoundId(course.getName());
            }));
    lies.put(
        "sent on to peers that do not exist, each before the last",
        (good, liar, victim) ->
            JoinAnswerMessage.newBuilder()
                .setRedirect(
                    RedirectMessage.newBuilder()
                        .setLeader(LyingLeader.phantom(liar.rounds()).getPeer())
                        .setDeclaredMicros(-liar.rounds())
                        .setReachable(true))
                .build());
    return lies.entrySet().stream()
        .map(lie -> DynamicTest.dynamicTest(lie.getKey(), () -> isLeft(lie.getValue())));
  }

  /** Nobody but the one that is told, who reduces all, and perhaps the liar. */
  private static LyingLeader.Lie only(boolean withLiar) {
    return (good, liar, victim) -> {
      GroupMessage.Builder group = good.getStagesBuilder(0);
      for (int at = group.getMembersCount() - 1; at >= 0; at--) {
        PeerId member = PeerId.ofBytes(group.getMembers(at).getPeer().toByteArray());
        boolean stays = member.equals(victim) || (withLiar && member.equals(liar.network.self()));
        if (!stays) {
          group.removeMembers(at);
        } else {
          group.getMembersBuilder(at).setShare(member.equals(victim) ? group.getLength() : 0);
        }
      }
      return LyingLeader.signed(good.setPeers(group.getMembersCount()), liar.network.identity());
    };
  }

  private static void isLeft(LyingLeader.Lie lie) {
    TrainingSwarm swarm =
        new TrainingSwarm(7, 3, 48, PeerProfile.datacenter(), peer -> Duration.ofMillis(300));
    swarm.reach(2, LONG);
    LyingLeader liar =
        new LyingLeader(
            swarm.simulation,
            swarm.trainers.stream().map(trainer -> trainer.network).toList(),
            3,
            i -> claim(swarm.trainers.get(i).epoch).setModel(swarm.trainers.get(i).model).build(),
            lie);
    Duration before = swarm.simulation.elapsed();
    swarm.reach(8, LONG);
    assertThat(liar.rounds()).as("times that it was heard").isPositive();
    // Six epochs of about 1.3 s each, its rounds, and what those wait at most who still follow it.
    assertThat(swarm.simulation.elapsed().minus(before)).isLessThan(Duration.ofSeconds(45));
  }

  private static LyingLeader leads(Swarm swarm, LyingLeader.Lie lie) {
    return new LyingLeader(
        swarm.simulation, List.copyOf(swarm.networks), PEERS, i -> claim(1).build(), lie);
  }

  private static JoinMessage.Builder claim(long epoch) {
    return JoinMessage.newBuilder().setKey("run.gradients").setEpoch(epoch);
  }

  private static LyingLeader.Lie course(Consumer<CourseMessage.Builder> wrong) {
    return (good, liar, victim) -> {
      wrong.accept(good);
      return LyingLeader.signed(good, liar.network.identity());
    };
  }

  private static LyingLeader.Lie group(Consumer<GroupMessage.Builder> wrong) {
    return course(
        course -> {
          wrong.accept(course.getStagesBuilder(0));
          course.setPeers(course.getStages(0).getMembersCount());
        });
  }

  /** With the place of the one that is told. */
  private static LyingLeader.Lie forVictim(BiConsumer<GroupMessage.Builder, Integer> wrong) {
    return (good, liar, victim) -> {
      GroupMessage.Builder group = good.getStagesBuilder(0);
      List<MemberMessage> members = group.getMembersList();
      for (int at = 0; at < members.size(); at++) {
        if (PeerId.ofBytes(members.get(at).getPeer().toByteArray()).equals(victim)) {
          wrong.accept(group, at);
          break;
        }
      }
      good.setPeers(group.getMembersCount());
      return LyingLeader.signed(good, liar.network.identity());
    };
  }

  private static GroupMessage.Builder share(GroupMessage.Builder group, int member, long share) {
    group.getMembersBuilder(member).setShare(share);
    return group;
  }

  private static GroupMessage.Builder weight(GroupMessage.Builder group, int member, double to) {
    group.getMembersBuilder(member).setWeight(to);
    return group;
  }
}
