package org.potluck.peer.simulate;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.state.Barred;
import org.potluck.dht.DhtOptions;
import org.potluck.dht.KademliaDht;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.peer.training.Draws;
import org.potluck.peer.training.FollowingLoop;
import org.potluck.peer.training.RunLoop;
import org.potluck.peer.training.TrainingListener;
import org.potluck.peer.training.TrainingLoop;
import org.potluck.peer.training.TrainingPlan;
import org.potluck.peer.training.TrainingTally;
import org.potluck.trainer.Model;
import org.potluck.trainer.Trainer;

/** One life of a peer, from its start to its death: the wiring that a real process has. */
final class Session {
  /** As a real peer does. */
  private static final Duration CHECKPOINT_EVERY = Duration.ofMinutes(5);

  private static final Duration BOOTSTRAP_AGAIN = Duration.ofSeconds(10);

  private final SimulatedNetwork network;
  private final KademliaDht dht;
  private final SimulatedSwarm swarm;
  private final Coroutine coroutine;
  private final RunLoop loop;
  private final Trainer trainer;
  private final List<Multiaddr> known;
  private final Duration began;
  private Instant saved;
  private boolean training;

  /**
   * @param known addresses from the invitation; where nobody answers there, those on the disk are
   *     tried
   * @param model a model at its beginning, this peer's own; goes on from a checkpoint on the disk
   * @param rounds hears what became of this peer's rounds
   */
  Session(
      SimulatedNetwork network,
      Scenario.Run run,
      Scenario.PeerClass peerClass,
      Trainer model,
      List<Multiaddr> known,
      Duration now,
      Consumer<RoundNote> rounds) {
    this.network = network;
    this.known =
        known.stream()
            .filter(address -> !address.peer().equals(Optional.of(network.self())))
            .toList();
    this.began = now;
    saved = network.loop().now();
    Rpc rpc = new Rpc(network, network.random());
    dht =
        KademliaDht.create(
            network, rpc, network.random(), DhtOptions.DEFAULTS, new DiskPeers(network.disk()));
    DiskCheckpoint.read(network.disk())
        .ifPresent(
            state -> {
              model.restore(state);
              network.note("resumed", "from its checkpoint of epoch " + state.epoch());
            });
    coroutine = Coroutine.of(this::train);
    swarm =
        new SimulatedSwarm(
            network, rpc, dht, coroutine, run, peerClass, model.parameterCount(), rounds);
    trainer = new TimedTrainer(model, network, coroutine, peerClass.samplesPerSecond());
    TrainingPlan plan =
        new TrainingPlan(
            run.targetBatch(), run.microBatch(), run.epochs(), Draws.drawer(network.self()));
    InstantSource clock = network.loop().clock();
    loop =
        peerClass.role() == Role.TRAINER
            ? new TrainingLoop(trainer, swarm, plan, new Teller(), clock)
            : new FollowingLoop(model, peerClass.role(), swarm, plan, new Teller(), clock);
    bootstrap();
  }

  Trainer trainer() {
    return trainer;
  }

  /** What it last said of itself; empty before it has begun, and once it has left. */
  Optional<PeerProgress> word() {
    return swarm.word();
  }

  TrainingTally tally() {
    return loop.tally();
  }

  /** How long this life has been, or was. */
  Duration lasted(Duration now) {
    return network.died().orElse(now).minus(began);
  }

  boolean complete() {
    return coroutine.ended();
  }

  SimulatedNetwork network() {
    return network;
  }

  /** The peer is dead; its blocking code goes, too. */
  void end() {
    coroutine.kill();
  }

  private void train() throws InterruptedException {
    loop.run();
  }

  private void bootstrap() {
    CompletableFuture<Void> _ =
        dht.bootstrap(known)
            .handle(
                (answered, failure) -> {
                  network.loop().execute(() -> entered(answered, failure));
                  return null;
                });
  }

  private void entered(@Nullable Integer answered, @Nullable Throwable failure) {
    if (failure != null) {
      network.note("alone", "nobody known answers; tries again");
      EventLoop.Timer _ = network.loop().schedule(BOOTSTRAP_AGAIN, this::bootstrap);
    }
    if (!training) {
      // A peer that reaches nobody trains alone rather than not at all.
      training = true;
      network.note("joined", "through " + (answered == null ? 0 : answered) + " peers");
      coroutine.resume();
    }
  }

  /** Tells the story of this peer. */
  private final class Teller implements TrainingListener {
    private Instant barredUntil = Instant.MIN;

    @Override
    public void settled(long epoch, RoundOutcome outcome) {
      switch (outcome) {
        case RoundOutcome.Averaged averaged ->
            network.note(
                "averaged",
                "epoch %d with %d peers in %d ms%s"
                    .formatted(
                        epoch,
                        averaged.members().size(),
                        averaged
                            .timing()
                            .matchmaking()
                            .plus(averaged.timing().exchange())
                            .toMillis(),
                        averaged.faults().isEmpty() ? "" : ", mended: " + averaged.faults()));
        case RoundOutcome.Abandoned abandoned ->
            network.note("abandoned", "epoch " + epoch + ": " + abandoned.reason());
      }
    }

    @Override
    public void stepped(Model stepped, double loss, long samples, Duration took) {
      Instant now = network.loop().now();
      if (Duration.between(saved, now).compareTo(CHECKPOINT_EVERY) > 0) {
        saved = now;
        DiskCheckpoint.write(network.disk(), stepped.state());
      }
    }

    @Override
    public void barred(Barred barred) {
      if (!barred.until().equals(barredUntil)) {
        barredUntil = barred.until();
        Duration left = Duration.between(network.loop().now(), barredUntil);
        network.note("barred", "%s; asks again in %d s".formatted(barred, left.toSeconds()));
      }
    }

    @Override
    public void caughtUp(long epoch) {
      network.note("downloaded", "the model at epoch " + epoch);
    }

    @Override
    public void followed(Model model) {
      network.note("followed", "to epoch " + model.epoch());
    }
  }
}
