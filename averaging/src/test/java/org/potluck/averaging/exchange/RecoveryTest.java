package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.RunMessage;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** What becomes of a chunk whose reducer is gone, by who holds its average. */
class RecoveryTest {
  private static final int MEMBERS = 5;
  private static final long GENERATION = Group.MEMBERS_MAX + 2;
  private static final long EARLIER = 7;

  private final Simulation simulation = new Simulation(1);
  private final List<SimulatedNetwork> networks = new ArrayList<>();
  private final Round round = round();
  private final Roster roster = new Roster(round);
  private final Ledger ledger = new Ledger(round.chunks);

  @Test
  void whatNobodyHoldsIsReducedAnew() {
    roster.dead.set(0);
    RunMessage fate = fate(Map.of(1, none(), 2, none(), 3, none(), 4, none()));
    assertThat(fate.getVersion()).isEqualTo(GENERATION);
    assertThat(fate.getOwner()).isNotZero();
  }

  @Test
  void whatOneHoldsIsFetchedFromIt() {
    roster.dead.set(0);
    RunMessage fate = fate(Map.of(1, none(), 2, none(), 3, held(0), 4, none()));
    assertThat(fate.getVersion()).isZero();
    assertThat(fate.getOwner()).isEqualTo(3);
  }

  @Test
  void theLatestVersionCountsWhoeverAnswersFirst() {
    roster.dead.set(0);
    RunMessage fate = fate(Map.of(1, held(0), 2, held(EARLIER), 3, held(0), 4, held(0)));
    assertThat(fate.getVersion()).isEqualTo(EARLIER);
    assertThat(fate.getOwner()).isEqualTo(2);
  }

  /** Two of five: nobody can have finished with it. */
  @Test
  void whatOnlyASlowMemberAndPerhapsADeadOneHoldIsReducedAnew() {
    roster.dead.set(0);
    roster.slow.set(1);
    RunMessage fate = fate(Map.of(1, held(0), 2, none(), 3, none(), 4, none()));
    assertThat(fate.getVersion()).isEqualTo(GENERATION);
    assertThat(fate.getOwner()).isGreaterThan(1);
  }

  /** Three of five: the dead ones may have finished with it. */
  @Test
  void whatAQuorumMayHoldIsKeptThoughOnlyASlowMemberCanSendIt() {
    roster.dead.set(0);
    roster.dead.set(4);
    roster.slow.set(1);
    RunMessage fate = fate(Map.of(1, held(0), 2, none(), 3, none()));
    assertThat(fate.getVersion()).isZero();
    assertThat(fate.getOwner()).isEqualTo(1);
  }

  /** Of the first chunk, which member 0 was to reduce. */
  private RunMessage fate(Map<Integer, Map<Long, BitSet>> answers) {
    ledger.freeze(GENERATION, roster.dead, roster.slow);
    BitSet awaited = new BitSet();
    answers.keySet().forEach(awaited::set);
    Recovery recovery = new Recovery(roster, ledger, awaited, round.started);
    for (int member = 0; member < MEMBERS; member++) {
      assertThat(recovery.complete()).isFalse();
      if (answers.containsKey(member)) {
        recovery.answer(member, answers.getOrDefault(member, Map.of()));
      }
      if (recovery.complete()) {
        break;
      }
    }
    return recovery.decide(round.chunks).getRuns(0);
  }

  private static Map<Long, BitSet> none() {
    return Map.of();
  }

  private static Map<Long, BitSet> held(long version) {
    BitSet first = new BitSet();
    first.set(0);
    return Map.of(version, first);
  }

  private Round round() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      networks.add(simulation.addPeer(PeerProfile.datacenter()));
      members.add(new Member(networks.get(i).self(), 1, true, 64, List.of()));
    }
    Group group =
        new Group(
            "00112233445566778899aabbccddeeff",
            "run",
            1,
            64L * MEMBERS,
            64,
            members,
            CodecId.NONE,
            CodecId.NONE);
    SimulatedNetwork self = networks.get(2);
    return new Round(
        self.loop(),
        new Workshop(self.loop(), Runnable::run),
        AveragingOptions.defaults(),
        group,
        2,
        self.loop().now().plus(Duration.ofMinutes(1)),
        new Signatures(self.identity(), group.round()),
        false);
  }
}
