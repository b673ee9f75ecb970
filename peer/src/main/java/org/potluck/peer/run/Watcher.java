package org.potluck.peer.run;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.potluck.averaging.Role;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundBulletin;
import org.potluck.averaging.progress.RoundNotes;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.dht.Dht;
import org.potluck.monitor.EpochStatus;
import org.potluck.monitor.ModelSample;
import org.potluck.monitor.Monitor;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.peer.manifest.RunSpec;

/** Listens to a run over the network for the dashboard. Runs on the peer's loop. */
final class Watcher {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final Duration READ_ROUNDS_EVERY = Duration.ofSeconds(2);
  private static final Duration READ_SAMPLES_EVERY = Duration.ofSeconds(5);

  private final Network network;
  private final Dht dht;
  private final SwarmProgress progress;
  private final Monitor monitor;
  private final String run;
  private final Chronicle chronicle;
  private long sampleEpoch = -1;

  /**
   * @param last what the dashboard remembers from before, if anything
   */
  Watcher(
      Network network,
      Dht dht,
      SwarmProgress progress,
      Monitor monitor,
      String run,
      RunSpec spec,
      Optional<EpochStatus> last) {
    this.network = network;
    this.dht = dht;
    this.progress = progress;
    this.monitor = monitor;
    this.run = run;
    chronicle =
        new Chronicle(
            monitor,
            spec.training().targetBatch(),
            spec.model().context(),
            last,
            network.loop().now());
  }

  void start() {
    RoundBulletin.demandSoundNotes(dht, run);
    PostedSample.demandOnly(dht, run);
    progress.listen(() -> chronicle.heard(progress.present(), network.loop().now()));
    progress.say(onlooker());
    look();
    readRounds();
    readSamples();
  }

  int trainers() {
    return (int) progress.present().stream().filter(PeerProgress::trains).count();
  }

  Agreement agreement() {
    return chronicle.agreement();
  }

  /** Whoever says nothing of itself is told nothing; an observer says that it is one. */
  private PeerProgress onlooker() {
    return new PeerProgress(
        network.self(),
        network.loop().now().toEpochMilli(),
        "observer",
        Role.OBSERVER,
        "",
        0,
        0,
        0,
        0,
        0,
        Double.NaN,
        "",
        "WATCHING",
        network.addresses(),
        0,
        0,
        false,
        0,
        List.of());
  }

  private void look() {
    EventLoop.Timer _ = network.loop().schedule(LOOK_EVERY, this::look);
    chronicle.look(
        progress.present(), network::traffic, progress::saidGoodbye, network.loop().now());
  }

  private void readRounds() {
    EventLoop.Timer _ = network.loop().schedule(READ_ROUNDS_EVERY, this::readRounds);
    CompletableFuture<Void> _ =
        RoundBulletin.read(dht, run).thenAccept(entries -> entries.forEach(this::takeRounds));
  }

  private void takeRounds(Dht.Entry entry) {
    RoundNotes.decode(entry.value())
        .ifPresent(notes -> chronicle.told(entry.owner(), notes, network.loop().now()));
  }

  private void readSamples() {
    EventLoop.Timer _ = network.loop().schedule(READ_SAMPLES_EVERY, this::readSamples);
    CompletableFuture<Void> _ =
        dht.entries(PostedSample.key(run)).thenAccept(entries -> entries.forEach(this::showSample));
  }

  private void showSample(Dht.Entry entry) {
    PostedSample.decode(entry.value())
        // Whoever claims to be ahead of the swarm must not silence all others.
        .filter(said -> said.epoch() > sampleEpoch && said.epoch() <= chronicle.epoch() + 1)
        .ifPresent(
            said -> {
              sampleEpoch = said.epoch();
              monitor.sample(new ModelSample(said.epoch(), network.loop().now(), "", said.text()));
            });
  }
}
