package org.potluck.peer.run;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.trust.Audit;
import org.potluck.network.PeerId;
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
  private final Around around;
  private final @Nullable Trainer writer;
  private Instant lastSample = Instant.now();
  private Instant lastCheckpoint = lastSample;
  private final ZoneId zone = ZoneId.systemDefault();
  private Instant barredUntil = Instant.MIN;
  private double loss = Double.NaN;

  /** What can be seen of the swarm from here; asked on the training thread. */
  interface Around {
    /** Trainers that are there, this one included, whatever epoch they are at. */
    int trainers();

    /** Until the target batch is gathered; {@link Outlook#NEVER} when nobody can tell. */
    Duration untilDue();

    /** What people call {@code peer}. */
    String name(PeerId peer);
  }

  /**
   * @param writer whose texts the swarm is shown; null where the model is only held
   */
  Teller(
      Node node,
      SignedManifest manifest,
      VolunteerPeer.Settings settings,
      Around around,
      @Nullable Trainer writer) {
    this.writer = writer;
    this.node = node;
    this.manifest = manifest;
    this.settings = settings;
    this.around = around;
  }

  @Override
  public void trained(Swarm.OwnProgress progress, Swarm.SwarmView view) {
    settings
        .ticker()
        .at(
            () ->
                line(
                    progress,
                    manifest.spec().model().context(),
                    loss,
                    around.trainers(),
                    around.untilDue()));
  }

  /**
   * @param loss nats per byte; NaN before the first step
   * @param peers that train, this one included
   */
  static String line(
      Swarm.OwnProgress progress, int context, double loss, int peers, Duration untilDue) {
    return "epoch %d  loss %s  %,.0f tok/s  %d %s  next round %s"
        .formatted(
            progress.epoch(),
            Double.isNaN(loss) ? "-" : "%.3f".formatted(loss),
            progress.samplesPerSecond() * context,
            peers,
            peers == 1 ? "peer" : "peers",
            when(untilDue));
  }

  private static String when(Duration untilDue) {
    if (untilDue.compareTo(Outlook.NEVER) >= 0) {
      return "when enough is gathered";
    }
    return untilDue.toMillis() < 50 ? "now" : "in " + Times.of(untilDue);
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
                        around.trainers(),
                        around.trainers() == 1 ? "trainer" : "trainers"));
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
          told(averaged.faults(), around::name)
              .forEach(line -> say("epoch " + epoch + ": mended: " + line));
      case RoundOutcome.Abandoned abandoned ->
          say(
              "epoch %d: no average (%s); trying again%s"
                  .formatted(epoch, abandoned.reason(), blamed(abandoned)));
    }
  }

  /** A line for each peer at fault: its first fault in words, and how many more there were. */
  static List<String> told(List<PeerFault> faults, Function<PeerId, String> names) {
    Map<PeerId, List<PeerFault>> byPeer = new LinkedHashMap<>();
    faults.forEach(
        fault -> byPeer.computeIfAbsent(fault.peer(), _ -> new ArrayList<>()).add(fault));
    return byPeer.values().stream()
        .map(
            own ->
                names.apply(own.getFirst().peer())
                    + " "
                    + own.getFirst().words()
                    + (own.size() == 1 ? "" : ", and %d more".formatted(own.size() - 1)))
        .toList();
  }

  private String blamed(RoundOutcome.Abandoned abandoned) {
    return told(abandoned.faults(), around::name).stream()
        .limit(3)
        .map(line -> ". At fault: " + line)
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
              .formatted(around.name(audit.peer()), similarity));
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
