package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Bandwidth;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.Partition;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/**
 * How near a round in virtual time comes to what its plan says the links allow, in the four
 * settings of {@code docs/benchmarks.md}: the exchange, from the group to the last member's
 * average.
 */
class PlannedTimeTest {
  private static final int VALUES = 4_000_000;
  private static final double RATIO_MAX = 1.05;
  private static final int SEEDS = 10;

  private record Setting(String name, int trainers, List<PeerProfile> profiles) {}

  @TestFactory
  Stream<DynamicTest> aRoundTakesLittleLongerThanPlanned() {
    PeerProfile home = link(20, 200);
    PeerProfile hidden = home.dialOutOnly();
    return Stream.of(
            new Setting("home-links", 4, with(home, List.of())),
            new Setting("fast-servers", 6, with(home, List.of(link(400, 400), link(400, 400)))),
            new Setting("auxiliaries", 4, with(home, List.of(link(100, 100), link(100, 100)))),
            new Setting("firewalled", 6, with(hidden, List.of(link(50, 200), link(100, 200)))))
        .map(setting -> DynamicTest.dynamicTest(setting.name(), () -> staysNearItsPlan(setting)));
  }

  private static void staysNearItsPlan(Setting setting) {
    for (CodecId codec : List.of(CodecId.FLOAT16, CodecId.INT8_BLOCKWISE)) {
      double ratio = ratio(setting, codec);
      assertThat(ratio).as("%s, %s", setting.name(), codec).isBetween(0.99, RATIO_MAX);
    }
  }

  /**
   * Paths between homes that stand still for a quarter of a second now and then, as they do while a
   * loss is mended: members get out of step, and each must have something to send that waits for
   * nobody.
   */
  @Test
  void pathsThatFalterCostLittle() {
    PeerProfile home = link(20, 200);
    Setting setting = new Setting("home-links", 4, with(home, List.of()));
    double sum = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      sum +=
          ratio(
              setting,
              CodecId.FLOAT16,
              (simulation, networks) -> falter(simulation, networks, random));
    }
    assertThat(sum / SEEDS).isBetween(0.99, RATIO_MAX);
  }

  /** Now and then the path between two members stands still; not while the group forms. */
  private static void falter(
      Simulation simulation, List<SimulatedNetwork> networks, RandomGenerator random) {
    for (int millis = 1000; millis < 5000; millis += 1 + random.nextInt(500)) {
      int one = random.nextInt(networks.size());
      int other = (one + 1 + random.nextInt(networks.size() - 1)) % networks.size();
      simulation.at(
          Duration.ofMillis(millis),
          () -> {
            Partition _ =
                simulation.stall(networks.get(one), networks.get(other), Duration.ofMillis(250));
          });
    }
  }

  private static double ratio(Setting setting, CodecId codec) {
    return ratio(setting, codec, (_, _) -> {});
  }

  /**
   * @param trouble begins with the round
   */
  private static double ratio(
      Setting setting, CodecId codec, BiConsumer<Simulation, List<SimulatedNetwork>> trouble) {
    Simulation simulation = new Simulation(1, NetworkConditions.usual());
    SharedDht dht = new SharedDht();
    List<SimulatedNetwork> networks = new ArrayList<>();
    List<@Nullable RoundOutcome> outcomes = new ArrayList<>();
    List<Duration> expected = new ArrayList<>();
    SpanPlanner planner =
        (work, links) -> {
          SpanPlanner.Split split = SpanPlanner.byLinks(work, links);
          expected.add(split.expected());
          return split;
        };
    for (PeerProfile profile : setting.profiles()) {
      networks.add(simulation.addPeer(profile));
      outcomes.add(null);
    }
    for (int i = 0; i < networks.size(); i++) {
      SimulatedNetwork network = networks.get(i);
      networks.forEach(other -> network.remember(other.self(), other.addresses()));
      Averager averager =
          new Averager(
              network,
              dht.of(network),
              AveragingOptions.defaults(),
              network.random(),
              planner,
              Runnable::run,
              Trust.off());
      RoundRequest request = request(setting, i, networks, codec);
      int peer = i;
      network
          .loop()
          .execute(
              () -> {
                var _ =
                    averager.average(request).thenAccept(outcome -> outcomes.set(peer, outcome));
              });
    }
    trouble.accept(simulation, networks);
    simulation.runUntil(() -> !outcomes.contains(null), Duration.ofMinutes(2));
    double slowest = 0;
    for (RoundOutcome outcome : outcomes) {
      assertThat(outcome)
          .as(setting.name())
          .isInstanceOfSatisfying(
              RoundOutcome.Averaged.class,
              averaged -> assertThat(averaged.members()).hasSameSizeAs(networks));
      slowest =
          Math.max(slowest, seconds(outcome == null ? Duration.ZERO : outcome.timing().exchange()));
    }
    return slowest / seconds(expected.getLast());
  }

  private static RoundRequest request(
      Setting setting, int peer, List<SimulatedNetwork> networks, CodecId codec) {
    PeerProfile profile = setting.profiles().get(peer);
    boolean trains = peer < setting.trainers();
    return new RoundRequest(
        "run.gradients",
        1,
        new Contribution(vector(peer), trains ? 1 + peer : 0),
        trains ? Role.TRAINER : Role.AUXILIARY,
        profile.up(),
        profile.down(),
        profile.canBeDialed(),
        new Attendance(
            networks.stream().map(SimulatedNetwork::self).toList(),
            List.of(),
            networks.size(),
            setting.trainers()),
        codec,
        codec,
        networks.getFirst().loop().now().plus(Duration.ofMinutes(2)));
  }

  private static MemorySegment vector(int peer) {
    SplittableRandom random = new SplittableRandom(peer);
    float[] vector = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      vector[i] = random.nextFloat() - 0.5f;
    }
    return MemorySegment.ofArray(vector);
  }

  private static List<PeerProfile> with(PeerProfile home, List<PeerProfile> others) {
    List<PeerProfile> all = new ArrayList<>(Collections.nCopies(4, home));
    all.addAll(others);
    return all;
  }

  private static PeerProfile link(double up, double down) {
    return new PeerProfile(
        Bandwidth.ofMegabitsPerSecond(up),
        Bandwidth.ofMegabitsPerSecond(down),
        Duration.ofMillis(1),
        Duration.ZERO,
        true);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
