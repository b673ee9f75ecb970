package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Storage;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Bandwidth;
import org.potluck.network.Network;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Members of one group in a simulation, without matchmaking: the lab writes the plan. */
final class RoundLab {
  static final int VALUES = 1600;
  static final int CHUNK_VALUES = 64;
  static final Duration DEADLINE = Duration.ofSeconds(40);

  /** Slow links and small windows, so that a small vector still takes a while. */
  static final PeerProfile SLOW_HOME =
      new PeerProfile(
          Bandwidth.ofMegabitsPerSecond(0.4),
          Bandwidth.ofMegabitsPerSecond(2),
          Duration.ofMillis(15),
          Duration.ofMillis(5),
          true);

  final Simulation simulation;
  final RandomGenerator random;
  final List<PeerProfile> profiles = new ArrayList<>();
  final List<Double> weights = new ArrayList<>();
  final List<SimulatedNetwork> networks = new ArrayList<>();
  final List<float[]> vectors = new ArrayList<>();
  final List<Trust> trusts = new ArrayList<>();
  CodecId codec = CodecId.NONE;

  /** Of what every other member brings, where it is not the group's. */
  @Nullable CodecId otherCodec;

  long bufferBytesMax = 64 * 1024;
  Duration deadline = DEADLINE;
  Aggregation aggregation = Aggregation.MEAN;

  /** What this member multiplies its averages by; all others do not. */
  int lyingReducer = -1;

  float lie = 1;

  /** This member lets in whatever is made of numbers. */
  int trusting = -1;

  Supplier<Storage> storage = Storage::memory;

  /** Whether codec work takes its time beside the loop, as it does on a thread of its own. */
  boolean slowWorkers;

  UnaryOperator<Network> brokenMember = network -> network;
  int brokenIndex = -1;

  /** What the networks of the others are to their rounds. */
  BiFunction<Integer, Network, Network> machines = (member, network) -> network;

  /** What a member does once it has an outcome. */
  IntConsumer afterwards = member -> {};

  /** What is done when a member has come to hold the average of a chunk. */
  BiConsumer<Integer, Integer> whenHeld = (member, chunk) -> {};

  private final List<Rounds> rounds = new ArrayList<>();
  private List<@Nullable RoundOutcome> outcomes = new ArrayList<>();

  /** What was handed out in all rounds so far, and a copy of it from that moment. */
  private final Map<MemorySegment, float[]> handedOut = new LinkedHashMap<>();

  private int epoch;
  private int beginning;
  private @Nullable Group agreed;

  RoundLab(long seed) {
    this.simulation =
        new Simulation(
            seed,
            new NetworkConditions(
                512,
                34,
                8192,
                2048,
                2,
                Duration.ZERO,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                8));
    this.random = simulation.random("lab");
  }

  RoundLab members(int count) {
    for (int i = 0; i < count; i++) {
      profiles.add(SLOW_HOME);
      weights.add(1.0 + random.nextInt(32));
    }
    return this;
  }

  int size() {
    return profiles.size();
  }

  /** Starts the peers and lets them all begin the round within a few milliseconds. */
  RoundLab begin() {
    if (networks.isEmpty()) {
      start();
    }
    epoch++;
    outcomes = new ArrayList<>();
    List<Integer> who = IntStream.range(0, size()).filter(this::alive).boxed().toList();
    Group group = group(who);
    agreed = group;
    for (int i = 0; i < size(); i++) {
      outcomes.add(null);
    }
    List<@Nullable RoundOutcome> current = outcomes;
    for (int i : who) {
      simulation.at(
          Duration.ofMillis(random.nextInt(30)),
          () -> {
            if (alive(i)) {
              networks.get(i).loop().execute(() -> begin(i, group, current));
            }
          });
    }
    return this;
  }

  /** Lets {@code member} begin the round that the lab has begun last once more. */
  void beginAgain(int member) {
    begin(member, Objects.requireNonNull(agreed), new ArrayList<>(outcomes));
  }

  private void begin(int i, Group group, List<@Nullable RoundOutcome> into) {
    Instant until = simulation.clock().instant().plus(deadline);
    beginning = i;
    var _ =
        rounds
            .get(i)
            .begin(
                group,
                new Contribution(MemorySegment.ofArray(vectors.get(i)), weights.get(i)),
                Duration.ZERO,
                until)
            .thenAccept(
                outcome -> {
                  assertThat(into.set(i, outcome)).as("a second outcome at %d", i).isNull();
                  if (outcome instanceof RoundOutcome.Averaged done) {
                    handedOut.put(done.average(), done.average().toArray(ValueLayout.JAVA_FLOAT));
                  }
                  afterwards.accept(i);
                });
  }

  private void start() {
    AveragingOptions options =
        new AveragingOptions(
            Duration.ofSeconds(10),
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(20),
            CHUNK_VALUES * Float.BYTES,
            bufferBytesMax,
            2,
            AveragingOptions.GROUP_SIZE,
            Duration.ZERO,
            aggregation);
    for (int i = 0; i < size(); i++) {
      SimulatedNetwork network = simulation.addPeer(profiles.get(i));
      networks.add(network);
      Network used = i == brokenIndex ? brokenMember.apply(network) : machines.apply(i, network);
      Trust trust = i == trusting ? Trust.off() : new Trust(network.random());
      trusts.add(trust);
      AveragingOptions own =
          i == lyingReducer
              ? options.withAggregation(new LyingAggregation(aggregation, lie))
              : options;
      rounds.add(new Rounds(used, own, () -> watched(beginning), worker(), trust));
      float[] vector = new float[VALUES];
      for (int v = 0; v < VALUES; v++) {
        vector[v] = (float) random.nextGaussian();
      }
      vectors.add(vector);
    }
    for (SimulatedNetwork one : networks) {
      for (SimulatedNetwork other : networks) {
        if (one != other) {
          one.remember(other.self(), other.addresses());
        }
      }
    }
  }

  private Storage watched(int member) {
    Storage kept = storage.get();
    return new Storage() {
      @Override
      public MemorySegment values(long bytes) {
        return kept.values(bytes);
      }

      @Override
      public ByteBuffer keep(ByteBuffer encoded) {
        int chunk = encoded.getInt(encoded.position() + Integer.BYTES);
        simulation.at(Duration.ZERO, () -> whenHeld.accept(member, chunk));
        return kept.keep(encoded);
      }

      @Override
      public boolean copies() {
        return kept.copies();
      }

      @Override
      public void close() {
        kept.close();
      }
    };
  }

  /** Runs one job after the other, each some milliseconds after it could. */
  private Executor worker() {
    if (!slowWorkers) {
      return Runnable::run;
    }
    Deque<Runnable> jobs = new ArrayDeque<>();
    return job -> {
      jobs.add(job);
      if (jobs.size() == 1) {
        workOn(jobs);
      }
    };
  }

  private void workOn(Deque<Runnable> jobs) {
    simulation.at(
        Duration.ofMillis(random.nextInt(8)),
        () -> {
          jobs.element().run();
          jobs.remove();
          if (!jobs.isEmpty()) {
            workOn(jobs);
          }
        });
  }

  /** Members that can be dialed get equal shares, in whole chunks where that works out. */
  private Group group(List<Integer> who) {
    List<Integer> reducers = who.stream().filter(i -> profiles.get(i).canBeDialed()).toList();
    List<Member> members = new ArrayList<>();
    for (int i : who) {
      int turn = reducers.indexOf(i);
      long share =
          turn < 0
              ? 0
              : (long) VALUES * (turn + 1) / reducers.size()
                  - (long) VALUES * turn / reducers.size();
      members.add(
          new Member(
              networks.get(i).self(),
              weights.get(i),
              turn >= 0,
              share,
              networks.get(i).addresses(),
              i % 2 == 1 ? otherCodec : null));
    }
    byte[] name = new byte[Group.ROUND_BYTES];
    random.nextBytes(name);
    return new Group(
        HexFormat.of().formatHex(name), "lab", epoch, VALUES, CHUNK_VALUES, members, codec, codec);
  }

  /** What opens a link for the round that runs. */
  ByteBuffer hello() {
    return group().hello();
  }

  /** That of the round that runs, or ran last. */
  Group group() {
    return Objects.requireNonNull(agreed);
  }

  ChunkTable chunks() {
    return new ChunkTable(group());
  }

  boolean alive(int i) {
    return networks.get(i).alive();
  }

  /** Runs until every living member has an outcome. */
  RoundLab finish() {
    simulation.runUntil(
        () -> IntStream.range(0, size()).noneMatch(i -> alive(i) && outcomes.get(i) == null),
        deadline.plusSeconds(5));
    return this;
  }

  void cancel(int member) {
    networks.get(member).loop().execute(() -> rounds.get(member).cancel(group().round()));
  }

  @Nullable RoundOutcome outcome(int i) {
    return outcomes.get(i);
  }

  boolean averaged(int i) {
    return outcomes.get(i) instanceof RoundOutcome.Averaged;
  }

  RoundOutcome.Averaged averagedOf(int i) {
    if (outcomes.get(i) instanceof RoundOutcome.Averaged averaged) {
      return averaged;
    }
    throw new AssertionError(
        "seed %d: member %d of %d ended with %s; %s"
            .formatted(simulation.seed(), i, size(), outcomes.get(i), simulation.describe()));
  }

  /** All of {@code who} have finished the round. */
  void finished(Iterable<Integer> who) {
    who.forEach(this::averagedOf);
  }

  /**
   * Whoever finished holds the same bits, dead or alive; and every chunk is, within the codec's
   * bound, the weighted mean of some members' contributions, those of {@code certain} among them,
   * and the weight that is told is theirs. What was handed out in earlier rounds is as it was.
   */
  void soundWith(List<Integer> certain) {
    soundWith(certain, -1);
  }

  /** The same, but for chunks of the member {@code unsure}: it may have lost any contribution. */
  void soundWith(List<Integer> certain, int unsure) {
    handedOut.forEach(
        (average, copy) ->
            assertThat(average.toArray(ValueLayout.JAVA_FLOAT))
                .as("seed %d, what was handed out", simulation.seed())
                .isEqualTo(copy));
    float @Nullable [] first = null;
    for (int i = 0; i < size(); i++) {
      if (averaged(i)) {
        float[] average = averagedOf(i).average().toArray(ValueLayout.JAVA_FLOAT);
        first = first == null ? average : first;
        assertThat(average).as("seed %d, member %d", simulation.seed(), i).isEqualTo(first);
      }
    }
    if (first != null) {
      int must = certain.stream().mapToInt(i -> 1 << i).sum();
      float[] average = first;
      ChunkTable chunks = new ChunkTable(group());
      List<double[]> possible = new ArrayList<>();
      for (int chunk = 0; chunk < chunks.size(); chunk++) {
        int from = (int) chunks.from(chunk);
        int to = from + chunks.values(chunk);
        int mustHere = chunks.owner(chunk) == unsure ? 0 : must;
        double[] fitting =
            IntStream.range(1, 1 << size())
                .filter(subset -> (subset & mustHere) == mustHere)
                .filter(subset -> isMean(average, from, to, subset))
                .mapToDouble(this::weight)
                .toArray();
        assertThat(fitting)
            .as("seed %d, values %d to %d", simulation.seed(), from, to)
            .isNotEmpty();
        possible.add(fitting);
      }
      checkWeights(possible);
    }
  }

  /** The weight of a round is that of the chunk with the largest. */
  private void checkWeights(List<double[]> ofChunks) {
    double least =
        ofChunks.stream().mapToDouble(all -> Arrays.stream(all).min().orElse(0)).max().orElse(0);
    for (int i = 0; i < size(); i++) {
      if (averaged(i)) {
        double told = averagedOf(i).weight();
        assertThat(told).as("seed %d, weight", simulation.seed()).isGreaterThan(least - 1e-9);
        assertThat(ofChunks)
            .as("seed %d, weight %s", simulation.seed(), told)
            .anyMatch(all -> Arrays.stream(all).anyMatch(weight -> Math.abs(weight - told) < 1e-9));
      }
    }
  }

  private double weight(int subset) {
    return IntStream.range(0, size())
        .filter(i -> (subset & 1 << i) != 0)
        .mapToDouble(weights::get)
        .sum();
  }

  private boolean isMean(float[] average, int from, int to, int subset) {
    double bound = errorBound(codec) + errorBound(Objects.requireNonNullElse(otherCodec, codec));
    for (int v = from; v < to; v++) {
      double sum = 0;
      double weight = 0;
      for (int i = 0; i < size(); i++) {
        if ((subset & 1 << i) != 0) {
          sum += weights.get(i) * vectors.get(i)[v];
          weight += weights.get(i);
        }
      }
      if (!(Math.abs(sum / weight - average[v]) <= bound)) {
        return false;
      }
    }
    return true;
  }

  private static double errorBound(CodecId codec) {
    return Codecs.of(codec).errorBound(6) + 1e-5;
  }

  List<Integer> living() {
    return IntStream.range(0, size()).filter(this::alive).boxed().toList();
  }
}
