package org.potluck.peer.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.state.StateLimits;
import org.potluck.network.Traffic;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.CodecChoice;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.training.Draws;
import org.potluck.peer.training.Membership;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.TrainingLoop;
import org.potluck.peer.training.TrainingPlan;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceException;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** A peer that trains: model, data, training thread, and its place in the swarm. */
public final class TrainingPeer implements AutoCloseable {
  private final Node node;
  private final SignedManifest manifest;
  private final Settings settings;
  private final Corpus corpus;
  private final GptTrainer trainer;
  private final TrainingLoop loop;
  private final Instant started = Instant.now();

  /**
   * What the peer's owner chose.
   *
   * @param data text to train on instead of the run's paths; empty for those
   */
  public record Settings(
      String name, Device device, int threads, List<Path> data, Home home, Ticker ticker) {
    public Settings {
      data = List.copyOf(data);
    }
  }

  private TrainingPeer(
      Node node,
      SignedManifest manifest,
      Settings settings,
      Corpus corpus,
      GptTrainer trainer,
      NetworkSwarm swarm) {
    this.node = node;
    this.manifest = manifest;
    this.settings = settings;
    this.corpus = corpus;
    this.trainer = trainer;
    RunSpec.Training training = manifest.spec().training();
    long drawer =
        Draws.drawer(node.onLoop(() -> CompletableFuture.completedFuture(node.network().self())));
    TrainingPlan plan =
        new TrainingPlan(
            training.targetBatch(),
            training.microBatch(),
            training.epochs(),
            drawer,
            training.beginWith());
    loop =
        new TrainingLoop(
            trainer,
            swarm,
            plan,
            new Teller(node, manifest, settings, swarm),
            InstantSource.system());
  }

  /** Opens the text, makes or reopens the model, and takes a place in the swarm. */
  public static TrainingPeer start(Node node, SignedManifest manifest, Settings settings)
      throws UserException {
    ManifestShelf.serve(node, manifest);
    Corpus corpus = corpus(manifest.spec(), settings);
    GptTrainer trainer = trainer(manifest, settings, corpus);
    RunSpec spec = manifest.spec();
    PeerCard card = new PeerCard(settings.name(), trainer.device(), spec.model().context());
    NetworkSwarm swarm =
        swarm(
            node,
            manifest,
            card,
            trainer.parameterCount(),
            settings.home().download(manifest.runId()));
    return new TrainingPeer(node, manifest, settings, corpus, trainer, swarm);
  }

  /**
   * Takes a place in the swarm for a model of {@code parameters} values.
   *
   * @param downloads where a download is kept that this process does not end; null for nowhere
   */
  static NetworkSwarm swarm(
      Node node,
      SignedManifest manifest,
      PeerCard card,
      long parameters,
      @Nullable Path downloads) {
    String run = manifest.runId();
    // Parameters and two moments of four bytes each, with room for rounding up.
    StateLimits limits = StateLimits.usual(parameters * 12 + (1 << 20));
    RunSpec spec = manifest.spec();
    Rendezvous.Appointment appointment =
        NetworkSwarm.gradients(
            run,
            spec.averaging().codec(),
            parameters,
            new Outlook.Target(spec.training().targetBatch(), spec.training().microBatch()));
    AveragingOptions options =
        AveragingOptions.defaults()
            .withGroupSize(spec.averaging().groupSize())
            .withExchangeAim(CodecChoice.aim(spec.averaging().codec()))
            .withAggregation(aggregation(spec.averaging()));
    NetworkSwarm swarm =
        NetworkSwarm.join(
            node, new Membership.Terms(run, appointment, options, limits), card, downloads);
    swarm.audits(spec.averaging().audits());
    return swarm;
  }

  private static Aggregation aggregation(RunSpec.Averaging averaging) {
    return averaging.aggregation().equals("mean")
        ? Aggregation.MEAN
        : new Aggregation.CenteredClip(averaging.clipRadius(), averaging.clipIterations());
  }

  /**
   * Trains until {@link #stop} or the run is complete, then saves.
   *
   * @throws UserException when the model cannot be saved
   */
  public void run() throws InterruptedException, UserException {
    tellBeginning();
    loop.run();
    Path folder = settings.home().checkpoint(manifest.runId());
    try {
      trainer.save(folder);
    } catch (UncheckedIOException e) {
      throw new UserException(ExitCode.MACHINE, e.getMessage() + "; see --home");
    }
    settings.ticker().say("stopped at epoch %d; saved in %s".formatted(trainer.epoch(), folder));
  }

  private void tellBeginning() {
    RunSpec spec = manifest.spec();
    settings
        .ticker()
        .say(
            "'%s': %,d parameters on %s, %s%s"
                .formatted(
                    spec.name(),
                    trainer.parameterCount(),
                    trainer.deviceNote().isEmpty()
                        ? trainer.device()
                        : "%s (no GPU: %s)".formatted(trainer.device(), trainer.deviceNote()),
                    "%.1f MB of text".formatted(corpus.bytes() / 1e6),
                    trainer.epoch() > 0 ? "; going on from epoch " + trainer.epoch() : ""));
  }

  /**
   * From any thread; {@link #run} returns after the micro-batch or exchange at hand. A round that
   * has not begun is given up at once.
   */
  public void stop() {
    loop.stop();
  }

  /**
   * From any thread; {@link #run} returns after the next step, at one epoch with other peers that
   * are asked at about the same time.
   */
  public void finish() {
    loop.finish();
  }

  /** What was done so far; after {@link #run} has returned. */
  public PeerReport report() {
    var tally = loop.tally();
    double seconds = seconds(Duration.between(started, Instant.now()));
    double training = seconds(tally.training());
    double averaging = seconds(tally.averaging());
    Traffic traffic = node.onLoop(() -> CompletableFuture.completedFuture(node.network().total()));
    return new PeerReport(
        node.onLoop(() -> CompletableFuture.completedFuture(node.network().self())).toString(),
        settings.name(),
        trainer.epoch(),
        trainer.parameterDigest(),
        tally.samples(),
        tally.lossFirst(),
        tally.lossLast(),
        traffic.bytesSent(),
        traffic.bytesReceived(),
        tally.roundsAveraged(),
        tally.roundsFailed(),
        training,
        averaging,
        Math.max(0, seconds - training - averaging));
  }

  @Override
  public void close() {
    trainer.close();
    corpus.close();
  }

  private static Corpus corpus(RunSpec spec, Settings settings) throws UserException {
    List<Path> paths = settings.data();
    if (!paths.isEmpty() && spec.averaging().audits() > 0) {
      throw new UserException(
          ExitCode.INPUT,
          "this run audits contributions (averaging.audits), and other text than its own would"
              + " fail; leave --data out");
    }
    if (paths.isEmpty()) {
      paths = spec.data().paths().stream().map(Path::of).toList();
    }
    if (paths.isEmpty()) {
      paths = List.of(Path.of(System.getProperty("potluck.corpus", "corpus")));
    }
    try {
      return Corpus.open(paths, settings.home().textCache());
    } catch (CorpusException e) {
      throw new UserException(ExitCode.INPUT, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot prepare the text in %s (%s); see --home and --data"
              .formatted(settings.home().textCache(), Trouble.of(e)));
    }
  }

  private static GptTrainer trainer(SignedManifest manifest, Settings settings, Corpus corpus)
      throws UserException {
    Path checkpoint = settings.home().checkpoint(manifest.runId());
    try {
      if (Files.isDirectory(checkpoint)) {
        return GptTrainer.open(checkpoint, corpus, settings.threads(), settings.device().choice());
      }
      return GptTrainer.create(config(manifest.spec(), settings), corpus);
    } catch (CorpusException e) {
      throw new UserException(ExitCode.INPUT, String.valueOf(e.getMessage()));
    } catch (DeviceException e) {
      throw new UserException(ExitCode.MACHINE, e.getMessage() + "; see --device");
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot open the checkpoint %s (%s); move it away to begin with the model of the others"
              .formatted(checkpoint, Trouble.of(e)));
    }
  }

  private static TrainerConfig config(RunSpec spec, Settings settings) {
    RunSpec.Model model = spec.model();
    RunSpec.Training training = spec.training();
    AdamWConfig usual =
        AdamWConfig.of(
            new LearningRate(
                training.learningRate(), training.learningRate() / 10, training.warmupEpochs(), 0));
    AdamWConfig optimizer =
        new AdamWConfig(
            usual.rate(),
            usual.beta1(),
            usual.beta2(),
            usual.epsilon(),
            training.weightDecay(),
            usual.clip());
    return new TrainerConfig(
        new GptConfig(model.layers(), model.heads(), model.width(), model.context()),
        optimizer,
        training.seed(),
        settings.threads(),
        settings.device().choice());
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
