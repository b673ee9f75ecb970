package org.potluck.peer.run;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.trust.Audit;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.training.Swarm;
import org.potluck.peer.training.TrainingListener;
import org.potluck.trainer.Model;
import org.potluck.trainer.Trainer;

/**
 * Tells the owner on the terminal, and the swarm what the model writes; saves the model now and
 * then.
 */
final class Teller implements TrainingListener {
  private static final Duration SAMPLE_EVERY = Duration.ofSeconds(10);
  private static final Duration CHECKPOINT_EVERY = Duration.ofMinutes(5);
  private static final String PROMPT = "The ";

  /** A ban may end tomorrow. */
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("EEE HH:mm:ss", Locale.ROOT);

  private final Node node;
  private final SignedManifest manifest;
  private final VolunteerPeer.Settings settings;
  private final @Nullable Trainer writer;
  private Instant lastSample = Instant.now();
  private Instant lastCheckpoint = lastSample;
  private final ZoneId zone = ZoneId.systemDefault();
  private Instant barredUntil = Instant.MIN;
  private double loss = Double.NaN;

  /**
   * @param writer whose texts the swarm is shown; null where the model is only held
   */
  Teller(
      Node node,
      SignedManifest manifest,
      VolunteerPeer.Settings settings,
      @Nullable Trainer writer) {
    this.writer = writer;
    this.node = node;
    this.manifest = manifest;
    this.settings = settings;
  }

  @Override
  public void trained(Swarm.OwnProgress progress, Swarm.SwarmView view) {
    settings.ticker().at(() -> line(progress, view));
  }

  private String line(Swarm.OwnProgress progress, Swarm.SwarmView view) {
    long target = manifest.spec().training().targetBatch();
    double swarmRate = progress.samplesPerSecond() * view.peers();
    double wait = Math.max(0, (target - view.samples()) / Math.max(1e-9, swarmRate));
    return "epoch %d  loss %s  %,.0f tok/s  %d %s  next round in %.1f s"
        .formatted(
            progress.epoch(),
            Double.isNaN(loss) ? "-" : "%.3f".formatted(loss),
            progress.samplesPerSecond() * manifest.spec().model().context(),
            view.peers(),
            view.peers() == 1 ? "peer" : "peers",
            wait);
  }

  @Override
  public void following(Swarm.OwnProgress progress, Swarm.SwarmView view) {
    settings
        .ticker()
        .at(
            () ->
                "epoch %d  %s  %d %s"
                    .formatted(
                        progress.epoch(),
                        settings.role() == Role.AUXILIARY ? "lends its link" : "receives the model",
                        view.peers(),
                        view.peers() == 1 ? "trainer" : "trainers"));
  }

  @Override
  public void waiting(int here, int needed) {
    settings
        .ticker()
        .at(
            () ->
                "waiting for trainers: %d of %d are here (training.begin-with)"
                    .formatted(here, needed));
  }

  @Override
  public void settled(long epoch, RoundOutcome outcome) {
    switch (outcome) {
      case RoundOutcome.Averaged averaged ->
          averaged.faults().forEach(fault -> say("epoch " + epoch + ": mended: " + fault));
      case RoundOutcome.Abandoned abandoned ->
          say(
              "epoch %d: no average (%s); trying again%s"
                  .formatted(epoch, abandoned.reason(), blamed(abandoned)));
    }
  }

  private String blamed(RoundOutcome.Abandoned abandoned) {
    return abandoned.faults().stream()
        .map(fault -> ". At fault: " + fault)
        .distinct()
        .limit(3)
        .collect(Collectors.joining());
  }

  @Override
  public void stepped(Model stepped, double mean, long samples, Duration took) {
    loss = Double.isNaN(mean) ? loss : mean;
    Instant now = Instant.now();
    if (Duration.between(lastSample, now).compareTo(SAMPLE_EVERY) > 0) {
      lastSample = now;
      publishSample();
    }
    saveNowAndThen(stepped, now);
  }

  @Override
  public void unusable(long epoch) {
    say("epoch " + epoch + ": the gradients held values that are no numbers; left out");
  }

  @Override
  public void audited(Audit audit, double similarity) {
    if (!Audit.passes(similarity)) {
      say(
          "audit: what %s brought is not the gradient of its samples (cosine %.2f)"
              .formatted(audit.peer(), similarity));
    }
  }

  @Override
  public void refused(String reason) {
    say("the model that others gave is unusable (" + reason + "); trying again");
  }

  @Override
  public void barred(Barred barred) {
    String again = "; asks again at " + CLOCK.format(barred.until().atZone(zone));
    if (!barred.until().equals(barredUntil)) {
      barredUntil = barred.until();
      say(barred + again);
    }
    settings.ticker().at(() -> barred + again);
  }

  /** A receiver takes every step so, and would have to tell of every one. */
  @Override
  public void followed(Model stepped) {
    if (settings.role() == Role.RECEIVER) {
      saveNowAndThen(stepped, Instant.now());
    } else {
      say(
          "missed the step to epoch %d and took it with the average of the others"
              .formatted(stepped.epoch()));
    }
  }

  @Override
  public void caughtUp(long epoch) {
    say("downloaded the model at epoch " + epoch);
  }

  /** A full disk must not end the run: the others have the model, too. */
  private void saveNowAndThen(Model stepped, Instant now) {
    if (Duration.between(lastCheckpoint, now).compareTo(CHECKPOINT_EVERY) <= 0) {
      return;
    }
    lastCheckpoint = now;
    try {
      stepped.save(settings.home().checkpoint(manifest.runId()));
    } catch (UncheckedIOException e) {
      say("not saved: " + e.getMessage() + "; the run goes on");
    }
  }

  private void publishSample() {
    Trainer from = writer;
    if (from == null) {
      return;
    }
    String text = from.generate(PROMPT, 120, 0.8, from.epoch());
    byte[] value = new PostedSample(from.epoch(), text).encode();
    node.execute(
        () -> {
          CompletableFuture<Integer> _ =
              node.dht()
                  .publish(
                      PostedSample.key(manifest.runId()),
                      value,
                      node.network().loop().now().plus(Duration.ofMinutes(10)));
        });
  }

  private void say(String line) {
    settings.ticker().say(line);
  }
}
