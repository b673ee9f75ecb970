package org.potluck.averaging;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.network.Bandwidth;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Peers of a simulation that compute, meet and average epoch after epoch; no model behind them. */
final class TrainingSwarm {
  static final int MICRO_BATCH = 4;

  final Simulation simulation;
  final Outlook.Target target;
  final List<Trainer> trainers = new ArrayList<>();
  private final SharedDht dht = new SharedDht();
  private final IntFunction<Duration> stepOf;
  private final AveragingOptions options;

  /**
   * @param stepOf how long a micro-batch takes a peer on average; each takes half to twice of that
   */
  TrainingSwarm(
      long seed, int peers, long targetBatch, PeerProfile profile, IntFunction<Duration> stepOf) {
    this(seed, peers, targetBatch, profile, stepOf, Swarm.options());
  }

  TrainingSwarm(
      long seed,
      int peers,
      long targetBatch,
      PeerProfile profile,
      IntFunction<Duration> stepOf,
      AveragingOptions options) {
    this.simulation =
        new Simulation(
            seed, NetworkConditions.usual().withDetection(Duration.ZERO, Duration.ofSeconds(2)));
    this.target = new Outlook.Target(targetBatch, MICRO_BATCH);
    this.stepOf = stepOf;
    this.options = options;
    for (int i = 0; i < peers; i++) {
      Trainer _ = add(profile);
    }
  }

  /** One more begins to train. */
  Trainer add(PeerProfile profile) {
    return add(profile, Role.TRAINER);
  }

  /** One more takes part, as {@code role} has it. */
  Trainer add(PeerProfile profile, Role role) {
    Trainer trainer = new Trainer(trainers.size(), simulation.addPeer(profile), role);
    trainers.add(trainer);
    trainer.onLoop(trainer::train);
    return trainer;
  }

  /** Runs until every living trainer that has not been stopped is at {@code epoch}. */
  void reach(long epoch, Duration limit) {
    simulation.runUntil(() -> trainers.stream().allMatch(t -> t.gone() || t.epoch >= epoch), limit);
  }

  int missed() {
    return trainers.stream().mapToInt(trainer -> trainer.missed).sum();
  }

  /** Mean time from having gradients to having a group. */
  double meanWaitSeconds() {
    return trainers.stream()
        .flatMap(trainer -> trainer.waits.stream())
        .mapToDouble(wait -> wait.toNanos() / 1e9)
        .average()
        .orElse(0);
  }

  /** A peer dies, and its connections with it or, silently, not. */
  void kill(Trainer victim, boolean silently) {
    if (silently) {
      simulation.cutPower(victim.network);
    } else {
      simulation.crash(victim.network);
    }
  }

  /** One peer: what a training thread would do, in virtual time. */
  final class Trainer {
    final SimulatedNetwork network;
    final Averager averager;
    final SwarmProgress progress;
    final Rendezvous rendezvous;
    final List<Duration> waits = new ArrayList<>();
    private final int number;
    private final Role role;
    private final RandomGenerator random;
    private final MemorySegment gradients = MemorySegment.ofArray(new float[2000]);
    long epoch;

    /** Stands for the parameters: what they were before, and the average they were changed by. */
    String model = "";

    long samples;
    int averaged;
    int abandoned;
    int missed;
    @Nullable Instant stoppedAt;
    private boolean stopping;
    private String activity = "TRAINING";
    private double rate;
    private long sequence;

    Trainer(int number, SimulatedNetwork network, Role role) {
      this.number = number;
      this.role = role;
      this.network = network;
      this.random = network.random();
      Rpc rpc = new Rpc(network, random);
      progress = new SwarmProgress(network, rpc, dht.of(network), "run");
      averager = new Averager(network, dht.of(network), options, random);
      rendezvous =
          new Rendezvous(
              network.loop(),
              averager,
              progress,
              new Rendezvous.Appointment("run.gradients", 2000, target, CodecId.NONE, CodecId.NONE),
              () -> new OwnLink(Bandwidth.NONE, Bandwidth.NONE, !network.addresses().isEmpty()));
    }

    boolean gone() {
      return !network.alive() || stoppedAt != null;
    }

    boolean averaging() {
      return activity.equals("AVERAGING");
    }

    void onLoop(Runnable task) {
      network.loop().execute(task);
    }

    /** As from another thread. */
    void stop() {
      stopping = true;
      rendezvous.close();
    }

    private void train() {
      if (gone()) {
        return;
      }
      if (stopping) {
        stoppedAt = simulation.clock().instant();
        say("TRAINING", true);
        return;
      }
      say(activity, false);
      Outlook outlook = outlook();
      if (outlook.behind()) {
        missed++;
        after(Duration.ofMillis(300), () -> download(outlook.epoch(), outlook.model()));
      } else if (outlook.samples() >= target.samples() || rendezvous.calledEpoch() == epoch) {
        average();
      } else if (!role.equals(Role.TRAINER)
          || (rate > 0 && outlook.untilDueByOthers().compareTo(step().dividedBy(2)) <= 0)) {
        become("WAITING");
        after(Duration.ofMillis(50), this::train);
      } else {
        become("TRAINING");
        Duration took = step().multipliedBy(50 + random.nextInt(150)).dividedBy(100);
        after(took, () -> computed(took));
      }
    }

    private void download(long to, String of) {
      if (to >= epoch) {
        epoch = to;
        model = of;
      }
      samples = 0;
      train();
    }

    private void computed(Duration took) {
      samples += MICRO_BATCH;
      double now = MICRO_BATCH / (took.toNanos() / 1e9);
      rate = rate == 0 ? now : 0.8 * rate + 0.2 * now;
      train();
    }

    private void average() {
      become("AVERAGING");
      for (int v = 0; v < 2000; v++) {
        gradients.setAtIndex(ValueLayout.JAVA_FLOAT, v, number + (float) v / (epoch + 1));
      }
      var _ =
          rendezvous
              .bring(
                  epoch,
                  new Contribution(gradients, samples),
                  network.loop().now().plus(Duration.ofMinutes(1)))
              .thenAccept(this::settled);
    }

    private void become(String now) {
      if (!activity.equals(now)) {
        activity = now;
        say(activity, false);
      }
    }

    private void settled(RoundOutcome outcome) {
      activity = "TRAINING";
      switch (outcome) {
        case RoundOutcome.Averaged done -> {
          averaged++;
          float[] average = done.average().toArray(ValueLayout.JAVA_FLOAT);
          model = Integer.toHexString((model + Arrays.hashCode(average)).hashCode());
          waits.add(done.timing().matchmaking());
          epoch++;
          samples = 0;
          train();
        }
        case RoundOutcome.Abandoned _ -> {
          abandoned++;
          after(Duration.ofMillis(100), this::train);
        }
      }
    }

    private Duration step() {
      return stepOf.apply(number);
    }

    private void after(Duration delay, Runnable next) {
      network.loop().schedule(delay, next);
    }

    Outlook outlook() {
      return Outlook.of(word("TRAINING", false), progress.heardParticipants(), target, now());
    }

    private Instant now() {
      return network.loop().now();
    }

    private void say(String activity, boolean leaving) {
      rendezvous.say(word(activity, leaving));
    }

    private PeerProgress word(String activity, boolean leaving) {
      return new PeerProgress(
          network.self(),
          ++sequence,
          "peer-" + number,
          role,
          "cpu",
          epoch,
          samples,
          0,
          rate,
          0,
          Double.NaN,
          model,
          activity,
          network.addresses(),
          0,
          0,
          leaving,
          0,
          List.of());
    }
  }
}
