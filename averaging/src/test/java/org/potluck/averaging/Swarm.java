package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.network.Bandwidth;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Peers of a simulation that average, and what became of each. */
final class Swarm {
  static final Duration DEADLINE = Duration.ofMinutes(1);

  final Simulation simulation;
  final SharedDht dht = new SharedDht();
  final List<SimulatedNetwork> networks = new ArrayList<>();
  final List<Averager> averagers = new ArrayList<>();
  final List<MemorySegment> vectors = new ArrayList<>();
  final List<Double> weights = new ArrayList<>();
  final List<@Nullable RoundOutcome> outcomes = new ArrayList<>();
  final int values;

  /** What each says of its uplink. */
  IntFunction<Bandwidth> uploads = peer -> Bandwidth.ofMegabitsPerSecond(100);

  /** What each takes part as; auxiliaries bring no weight. */
  IntFunction<Role> roles = peer -> Role.TRAINER;

  /** How far each one's clock is ahead; its network's loop must tell the same. */
  IntFunction<Duration> skews = peer -> Duration.ZERO;

  CodecId codec = CodecId.NONE;
  long epoch = 1;

  Swarm(long seed, int peers, int values) {
    this(seed, peers, values, i -> PeerProfile.datacenter());
  }

  Swarm(long seed, int peers, int values, IntFunction<PeerProfile> profiles) {
    this(seed, peers, values, profiles, options());
  }

  Swarm(
      long seed,
      int peers,
      int values,
      IntFunction<PeerProfile> profiles,
      AveragingOptions options) {
    this(seed, peers, values, profiles, options, (i, network) -> network);
  }

  /**
   * @param machines what a peer's network is to its averager
   */
  Swarm(
      long seed,
      int peers,
      int values,
      IntFunction<PeerProfile> profiles,
      AveragingOptions options,
      BiFunction<Integer, SimulatedNetwork, Network> machines) {
    this.simulation =
        new Simulation(
            seed, NetworkConditions.usual().withDetection(Duration.ZERO, Duration.ofSeconds(2)));
    this.values = values;
    RandomGenerator random = simulation.random("contributions");
    for (int i = 0; i < peers; i++) {
      SimulatedNetwork network = simulation.addPeer(profiles.apply(i));
      networks.add(network);
      averagers.add(
          new Averager(machines.apply(i, network), dht.of(network), options, network.random()));
      float[] vector = new float[values];
      for (int v = 0; v < values; v++) {
        vector[v] = (float) random.nextGaussian();
      }
      vectors.add(MemorySegment.ofArray(vector));
      weights.add(1.0 + random.nextInt(64));
      outcomes.add(null);
    }
    for (SimulatedNetwork one : networks) {
      for (SimulatedNetwork other : networks) {
        if (one != other) {
          one.remember(other.self(), other.addresses());
        }
      }
    }
  }

  static AveragingOptions options() {
    return new AveragingOptions(
        Duration.ofSeconds(10),
        Duration.ofMillis(50),
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(20),
        1024,
        64 * 1024,
        2,
        AveragingOptions.GROUP_SIZE,
        Duration.ZERO,
        Aggregation.MEAN);
  }

  List<PeerId> everybody() {
    return networks.stream().map(SimulatedNetwork::self).toList();
  }

  RoundRequest request(int peer, long epoch) {
    return request(peer, epoch, everybody());
  }

  RoundRequest request(int peer, long epoch, List<PeerId> known) {
    return new RoundRequest(
        "run.gradients",
        epoch,
        new Contribution(
            vectors.get(peer), roles.apply(peer) == Role.TRAINER ? weights.get(peer) : 0),
        roles.apply(peer),
        uploads.apply(peer),
        Bandwidth.ofMegabitsPerSecond(100),
        !networks.get(peer).addresses().isEmpty(),
        new Attendance(
            known,
            everybody(),
            networks.size(),
            (int)
                IntStream.range(0, networks.size())
                    .filter(other -> roles.apply(other) == Role.TRAINER)
                    .count()),
        codec,
        codec,
        simulation.clock().instant().plus(skews.apply(peer)).plus(DEADLINE));
  }

  /** Lets {@code peer} ask for a round, {@code delay} from now. */
  void average(int peer, Duration delay) {
    simulation.at(
        delay,
        () -> {
          if (networks.get(peer).alive()) {
            networks
                .get(peer)
                .loop()
                .execute(
                    () -> {
                      var _ =
                          averagers
                              .get(peer)
                              .average(request(peer, epoch))
                              .thenAccept(outcome -> outcomes.set(peer, outcome));
                    });
          }
        });
  }

  void averageAll() {
    for (int peer = 0; peer < networks.size(); peer++) {
      average(peer, Duration.ofMillis(peer));
    }
  }

  /** Runs until every peer that is alive has an outcome. */
  void finish() {
    simulation.runUntil(
        () -> {
          for (int i = 0; i < networks.size(); i++) {
            if (networks.get(i).alive() && outcomes.get(i) == null) {
              return false;
            }
          }
          return true;
        },
        Duration.ofMinutes(2));
  }

  boolean averaged(int peer) {
    return outcomes.get(peer) instanceof RoundOutcome.Averaged;
  }

  float[] average(int peer) {
    return outcome(peer).average().toArray(ValueLayout.JAVA_FLOAT);
  }

  RoundOutcome.Averaged outcome(int peer) {
    if (outcomes.get(peer) instanceof RoundOutcome.Averaged averaged) {
      return averaged;
    }
    throw new AssertionError(
        "peer %d ended with %s; %s".formatted(peer, outcomes.get(peer), simulation.describe()));
  }

  /** The peers of a group but one. */
  List<Integer> with(RoundOutcome.Averaged outcome, int without) {
    List<Integer> who = new ArrayList<>();
    for (PeerId member : outcome.members()) {
      int peer = everybody().indexOf(member);
      if (peer != without) {
        who.add(peer);
      }
    }
    return who;
  }

  /** Ends a peer, seen by the others at once or only by its silence. */
  void killAt(int peer, int millis, boolean silently) {
    simulation.at(
        Duration.ofMillis(millis),
        () -> {
          if (silently) {
            simulation.cutPower(networks.get(peer));
          } else {
            simulation.crash(networks.get(peer));
          }
        });
  }

  /** Whoever has averaged holds the same bits. */
  void equalAmongThoseThatAveraged() {
    float @Nullable [] first = null;
    for (int i = 0; i < networks.size(); i++) {
      if (averaged(i)) {
        float[] average = average(i);
        first = first == null ? average : first;
        assertThat(average).as("peer %d, seed %d", i, simulation.seed()).isEqualTo(first);
      }
    }
  }

  /** Every living peer has averaged, all to the same bits, which are returned. */
  float[] agreed() {
    float @Nullable [] first = null;
    for (int i = 0; i < networks.size(); i++) {
      if (networks.get(i).alive()) {
        float[] average = average(i);
        if (first == null) {
          first = average;
        }
        assertThat(average).as("peer %d, seed %d", i, simulation.seed()).isEqualTo(first);
      }
    }
    if (first == null) {
      throw new IllegalStateException("nobody is alive");
    }
    return first;
  }

  /** What the average of one value over the peers {@code who} must be, in float64. */
  double mean(int value, List<Integer> who) {
    double sum = 0;
    double weight = 0;
    for (int i : who) {
      sum += weights.get(i) * vectors.get(i).getAtIndex(ValueLayout.JAVA_FLOAT, value);
      weight += weights.get(i);
    }
    return sum / weight;
  }

  static List<Integer> all(int peers) {
    return new ArrayList<>(IntStream.range(0, peers).boxed().toList());
  }

  void isTheMeanOf(float[] average, List<Integer> who, double tolerance) {
    for (int v = 0; v < average.length; v++) {
      assertThat((double) average[v])
          .as("value %d, seed %d", v, simulation.seed())
          .isCloseTo(mean(v, who), within(tolerance));
    }
  }
}
