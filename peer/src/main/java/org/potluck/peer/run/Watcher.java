package org.potluck.peer.run;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.dht.Dht;
import org.potluck.monitor.EpochStatus;
import org.potluck.monitor.ModelSample;
import org.potluck.monitor.Monitor;
import org.potluck.monitor.NextRound;
import org.potluck.monitor.Notice;
import org.potluck.monitor.PeerStatus;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerTraffic;
import org.potluck.peer.manifest.RunSpec;

/** Turns what the swarm says of itself into what the dashboard shows. Runs on the peer's loop. */
final class Watcher {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final Duration READ_SAMPLES_EVERY = Duration.ofSeconds(5);

  private final Network network;
  private final Dht dht;
  private final SwarmProgress progress;
  private final Monitor monitor;
  private final String run;
  private final RunSpec spec;
  private final Set<String> present = new LinkedHashSet<>();
  private final DigestLedger ledger = new DigestLedger();
  private long epochShown = -1;
  private long tokensTotal;
  private Instant epochAt;
  private long sampleEpoch = -1;

  Watcher(
      Network network, Dht dht, SwarmProgress progress, Monitor monitor, String run, RunSpec spec) {
    this.network = network;
    this.dht = dht;
    this.progress = progress;
    this.monitor = monitor;
    this.run = run;
    this.spec = spec;
    epochAt = network.loop().now();
  }

  static String samplesKey(String run) {
    return run + ".samples";
  }

  void start() {
    progress.listen(this::compareDigests);
    progress.say(onlooker());
    look();
    readSamples();
  }

  int trainers() {
    return progress.trainers().size();
  }

  Agreement agreement() {
    return ledger.agreement();
  }

  /** Whoever says nothing of itself is told nothing; an observer says that it is one. */
  private PeerProgress onlooker() {
    return new PeerProgress(
        network.self(),
        network.loop().now().toEpochMilli(),
        "observer",
        "observer",
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
        0);
  }

  private void compareDigests() {
    for (PeerProgress peer : progress.trainers()) {
      ledger
          .note(peer.peer(), peer.name(), peer.epoch(), peer.digest())
          .ifPresent(
              dispute ->
                  monitor.event(
                      new Notice(
                          Notice.Severity.ERROR,
                          "parameters differ at " + dispute,
                          network.loop().now())));
    }
  }

  private void look() {
    EventLoop.Timer _ = network.loop().schedule(LOOK_EVERY, this::look);
    Instant now = network.loop().now();
    List<PeerProgress> trainers = progress.trainers();
    long total = trainers.stream().mapToLong(PeerProgress::samplesTotal).sum();
    List<PeerStatus> statuses = new ArrayList<>();
    for (PeerProgress peer : trainers) {
      statuses.add(status(peer, total, now));
    }
    monitor.peers(statuses);
    announceComings(trainers, now);
    if (trainers.isEmpty()) {
      return;
    }
    long epoch = trainers.getFirst().epoch();
    List<PeerProgress> there = trainers.stream().filter(p -> p.epoch() == epoch).toList();
    if (epoch > epochShown && there.size() * 2 > trainers.size()) {
      showEpoch(epoch, there, now);
    }
    showNext(epoch, there, now);
  }

  private void showEpoch(long epoch, List<PeerProgress> there, Instant now) {
    double loss =
        there.stream()
            .mapToDouble(PeerProgress::loss)
            .filter(Double::isFinite)
            .average()
            .orElse(Double.NaN);
    long samples = spec.training().targetBatch();
    if (epochShown >= 0 && Double.isFinite(loss)) {
      long tokens = samples * spec.model().context();
      tokensTotal = epoch * tokens;
      monitor.epoch(
          new EpochStatus(
              epoch,
              now,
              loss,
              samples,
              tokens,
              tokensTotal,
              Duration.between(epochAt, now).toMillis() / 1e3,
              there.size()));
    }
    epochShown = epoch;
    epochAt = now;
  }

  private void showNext(long epoch, List<PeerProgress> there, Instant now) {
    long samples = there.stream().mapToLong(PeerProgress::samples).sum();
    double rate = there.stream().mapToDouble(PeerProgress::samplesPerSecond).sum();
    long target = spec.training().targetBatch();
    double seconds = rate > 0 ? Math.clamp((target - samples) / rate, 0, 86_400) : 0;
    monitor.next(
        new NextRound(
            epoch,
            epochAt,
            rate > 0 ? now.plusMillis((long) (seconds * 1000)) : null,
            samples < target ? "gathering samples" : "averaging",
            samples,
            target));
  }

  private void announceComings(List<PeerProgress> trainers, Instant now) {
    Set<String> names = new LinkedHashSet<>();
    for (PeerProgress peer : trainers) {
      names.add(peer.name());
      if (present.add(peer.name())) {
        monitor.event(new Notice(Notice.Severity.INFO, peer.name() + " joined", now));
      }
    }
    for (String name : List.copyOf(present)) {
      if (!names.contains(name)) {
        present.remove(name);
        monitor.event(new Notice(Notice.Severity.WARNING, name + " is gone", now));
      }
    }
  }

  private PeerStatus status(PeerProgress peer, long totalOfAll, Instant now) {
    Optional<PeerTraffic> traffic = network.traffic(peer.peer());
    return new PeerStatus(
        peer.peer().toString(),
        peer.name(),
        peer.role(),
        peer.device(),
        false,
        PeerStatus.State.of(activity(peer)),
        new PeerStatus.Work(
            peer.epoch(),
            peer.samples(),
            peer.samplesTotal(),
            peer.samplesPerSecond(),
            peer.tokensPerSecond(),
            totalOfAll == 0 ? 0 : (double) peer.samplesTotal() / totalOfAll,
            peer.loss()),
        new PeerStatus.Link(
            traffic.isEmpty()
                ? PeerStatus.Path.UNKNOWN
                : traffic.get().relayed() ? PeerStatus.Path.RELAYED : PeerStatus.Path.DIRECT,
            Double.NaN,
            Double.NaN,
            peer.bytesSent(),
            peer.bytesReceived(),
            traffic
                .flatMap(PeerTraffic::roundTrip)
                .map(trip -> trip.toNanos() / 1e9)
                .orElse(Double.NaN)),
        new PeerStatus.Standing(1, ""),
        peer.digest(),
        now);
  }

  private static PeerStatus.Activity activity(PeerProgress peer) {
    return switch (peer.activity()) {
      case "AVERAGING" -> PeerStatus.Activity.AVERAGING;
      case "DOWNLOADING" -> PeerStatus.Activity.DOWNLOADING;
      default -> PeerStatus.Activity.TRAINING;
    };
  }

  private void readSamples() {
    EventLoop.Timer _ = network.loop().schedule(READ_SAMPLES_EVERY, this::readSamples);
    CompletableFuture<Void> _ =
        dht.entries(samplesKey(run)).thenAccept(entries -> entries.forEach(this::showSample));
  }

  private void showSample(Dht.Entry entry) {
    String text = new String(entry.value(), StandardCharsets.UTF_8);
    int line = text.indexOf('\n');
    if (line < 1 || line > 18) {
      return;
    }
    try {
      long epoch = Long.parseLong(text.substring(0, line));
      if (epoch > sampleEpoch) {
        sampleEpoch = epoch;
        monitor.sample(new ModelSample(epoch, network.loop().now(), "", text.substring(line + 1)));
      }
    } catch (NumberFormatException e) {
      // Somebody wrote something else under this key; it is not a sample.
    }
  }
}
