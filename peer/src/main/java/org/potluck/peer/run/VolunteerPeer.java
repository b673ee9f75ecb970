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
import org.potluck.averaging.Role;
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
import org.potluck.peer.training.FollowingLoop;
import org.potluck.peer.training.Membership;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.RunLoop;
import org.potluck.peer.training.TrainingLoop;
import org.potluck.peer.training.TrainingPlan;
import org.potluck.trainer.GptModel;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.Model;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceException;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** A volunteer's peer: the model, what it does with it, and its place in the swarm. */
public final class VolunteerPeer implements AutoCloseable {
  private final Node node;
  private final SignedManifest manifest;
  private final Settings settings;
  private final Work work;
  private final RunLoop loop;
  private final Instant started = Instant.now();

  /**
   * What the peer's owner chose.
   *
   * @param role a trainer, an auxiliary or a receiver
   * @param device to compute on; only trainers do
   * @param data text to train on instead of the run's paths; empty for those
   */
  public record Settings(
      String name,
      Role role,
      Device device,
      int threads,
      List<Path> data,
      Home home,
      Ticker ticker) {
    public Settings {
      data = List.copyOf(data);
    }
  }

  /**
   * What the peer has to work with.
   *
   * @param trainer the model, where it is taught here
   * @param text what it is taught, likewise
   * @param device where that is computed; empty where it is not
   * @param about all of that, for the owner
   */
  private record Work(
      Model model, @Nullable Trainer trainer, @Nullable Corpus text, String device, String about) {}

  private VolunteerPeer(Node node, SignedManifest manifest, Settings settings, Work work) {
    this.node = node;
    this.manifest = manifest;
    this.settings = settings;
    this.work = work;
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
    PeerCard card =
        new PeerCard(
            settings.name(), settings.role(), work.device(), manifest.spec().model().context());
    NetworkSwarm swarm =
        swarm(
            node,
            manifest,
            card,
            work.model().parameterCount(),
            settings.home().download(manifest.runId()));
    Teller teller = new Teller(node, manifest, settings, swarm, work.trainer());
    InstantSource clock = InstantSource.system();
    Trainer trainer = work.trainer();
    loop =
        trainer == null
            ? new FollowingLoop(work.model(), settings.role(), swarm, plan, teller, clock)
            : new TrainingLoop(trainer, swarm, plan, teller, clock);
  }

  /** Makes or reopens the model, and takes a place in the swarm; who trains opens the text, too. */
  public static VolunteerPeer start(Node node, SignedManifest manifest, Settings settings)
      throws UserException {
    ManifestShelf.serve(node, manifest);
    Work work =
        settings.role() == Role.TRAINER ? teach(manifest, settings) : hold(manifest, settings);
    return new VolunteerPeer(node, manifest, settings, work);
  }

  private static Work teach(SignedManifest manifest, Settings settings) throws UserException {
    Corpus text = corpus(manifest.spec(), settings);
    GptTrainer trainer =
        model(
            manifest,
            settings,
            folder -> GptTrainer.open(folder, text, settings.threads(), settings.device().choice()),
            config -> GptTrainer.create(config, text));
    String device =
        trainer.deviceNote().isEmpty()
            ? trainer.device()
            : "%s (no GPU: %s)".formatted(trainer.device(), trainer.deviceNote());
    String about = "on %s, %.1f MB of text".formatted(device, text.bytes() / 1e6);
    return new Work(trainer, trainer, text, trainer.device(), about);
  }

  private static Work hold(SignedManifest manifest, Settings settings) throws UserException {
    GptModel model =
        model(
            manifest,
            settings,
            folder -> GptModel.open(folder, settings.threads(), settings.device().choice()),
            GptModel::create);
    String about =
        settings.role() == Role.AUXILIARY
            ? "as auxiliary: lends its link and gives the model to newcomers, trains nothing"
            : "as receiver: keeps up with the model, trains and lends nothing";
    return new Work(model, null, null, "", about);
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
   * Takes part until {@link #stop} or the run is complete, then saves.
   *
   * @throws UserException when the model cannot be saved
   */
  public void run() throws InterruptedException, UserException {
    tellBeginning();
    loop.run();
    Path folder = settings.home().checkpoint(manifest.runId());
    try {
      work.model().save(folder);
    } catch (UncheckedIOException e) {
      throw new UserException(ExitCode.MACHINE, e.getMessage() + "; see --home");
    }
    settings
        .ticker()
        .say("stopped at epoch %d; saved in %s".formatted(work.model().epoch(), folder));
  }

  private void tellBeginning() {
    long epoch = work.model().epoch();
    settings
        .ticker()
        .say(
            "'%s': %,d parameters %s%s"
                .formatted(
                    manifest.spec().name(),
                    work.model().parameterCount(),
                    work.about(),
                    epoch > 0 ? "; going on from epoch " + epoch : ""));
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
        work.model().epoch(),
        work.model().parameterDigest(),
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
    work.model().close();
    Corpus text = work.text();
    if (text != null) {
      text.close();
    }
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

  /** Something that a file can keep us from. */
  private interface Maker<A, B> {
    B make(A from) throws IOException;
  }

  /** The model as it was saved here; otherwise at its beginning. */
  private static <M> M model(
      SignedManifest manifest,
      Settings settings,
      Maker<Path, M> saved,
      Maker<TrainerConfig, M> fresh)
      throws UserException {
    Path checkpoint = settings.home().checkpoint(manifest.runId());
    try {
      return Files.isDirectory(checkpoint)
          ? saved.make(checkpoint)
          : fresh.make(config(manifest.spec(), settings));
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
