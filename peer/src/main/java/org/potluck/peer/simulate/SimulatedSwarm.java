package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Averager;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.OwnLink;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.state.RightOfWay;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.StateClient;
import org.potluck.averaging.state.StateDonor;
import org.potluck.averaging.state.StateLimits;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.state.SwarmNotary;
import org.potluck.averaging.trust.Audit;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.trust.Verdict;
import org.potluck.dht.Dht;
import org.potluck.network.Bandwidth;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.peer.training.Asked;
import org.potluck.peer.training.Swarm;
import org.potluck.trainer.TrainerState;

/** The swarm as the training loop of a simulated peer sees it; what blocks there is asked for. */
final class SimulatedSwarm implements Swarm {
  private static final String RUN = "simulated";
  private static final Duration DOWNLOAD_PATIENCE = Duration.ofMinutes(2);
  private static final int CHUNK_BYTES = 512 * 1024;
  private static final int STATE_CHUNK_BYTES = 1 << 20;
  private static final int PIECE_BYTES = 16 * 1024;
  private static final long STATE_BYTES_MAX = 1L << 30;

  private final SimulatedNetwork network;
  private final Coroutine coroutine;
  private final Scenario.Run run;
  private final Scenario.PeerClass peerClass;
  private final SwarmProgress progress;
  private final Adversary adversary;
  private final Trust trust;
  private final Set<String> told = new LinkedHashSet<>();
  private final Rendezvous rendezvous;
  private final Outlook.Target target;
  private final StateDonor donor;
  private final StateClient client;
  private final int stepsKept;
  private final long parameterCount;
  private final List<Runnable> waiting = new ArrayList<>();
  private final Consumer<RoundNote> rounds;
  private @Nullable PeerProgress said;
  private Asked asked = new Asked(List.of(), 0, 0);
  private long swarmEpoch;
  private String swarmModel = "";
  private long sequence;

  /**
   * Created on the peer's loop.
   *
   * @param rounds hears what became of this peer's rounds
   */
  SimulatedSwarm(
      SimulatedNetwork network,
      Rpc rpc,
      Dht dht,
      Coroutine coroutine,
      Scenario.Run run,
      Scenario.PeerClass peerClass,
      long parameterCount,
      Consumer<RoundNote> rounds) {
    this.rounds = rounds;
    this.network = network;
    this.coroutine = coroutine;
    this.run = run;
    this.peerClass = peerClass;
    this.parameterCount = parameterCount;
    adversary = new Adversary(peerClass.attack(), network.random());
    AveragingOptions options =
        AveragingOptions.defaults()
            .withChunkBytesMax(CHUNK_BYTES / run.magnification())
            .withGroupSize(run.groupSize())
            .withAggregation(adversary.reducing(aggregation(run)));
    // An adversary's own program would not judge its own contribution either.
    trust = adversary.honest() ? new Trust(network.random()) : Trust.off();
    trust.audits(run.audits());
    StateLimits limits =
        StateLimits.usual(STATE_BYTES_MAX)
            .withChunkBytes(STATE_CHUNK_BYTES / run.magnification())
            .withPieceBytes(PIECE_BYTES / run.magnification());
    stepsKept = limits.stepsKept();
    progress = new SwarmProgress(network, rpc, dht, RUN);
    target = new Outlook.Target(run.targetBatch(), run.microBatch());
    CodecId codec = codec(run);
    Averager averager =
        new Averager(
            network, dht, options, network.random(), SpanPlanner::byLinks, Runnable::run, trust);
    rendezvous =
        new Rendezvous(
            network.loop(),
            averager,
            progress,
            new Rendezvous.Appointment(RUN + ".gradients", parameterCount, target, codec, codec),
            this::link);
    Bandwidth upload = new Bandwidth(peerClass.up().bytesPerSecond() / run.magnification());
    RightOfWay before = new RightOfWay(averager::exchanging, () -> upload);
    donor = new StateDonor(network.loop(), rpc, RUN, limits, before, Runnable::run);
    SwarmNotary notary =
        new SwarmNotary(
            network.loop(), progress, trust, snapshot -> CompletableFuture.completedFuture(true));
    client = new StateClient(network.loop(), rpc, RUN, limits, notary, network.random());
    progress.listen(this::news);
    sequence = network.loop().now().toEpochMilli() * 1000;
  }

  /** What this peer last said of itself; empty before it has begun, and once it has left. */
  Optional<PeerProgress> word() {
    return Optional.ofNullable(said).filter(word -> !word.leaving());
  }

  @Override
  public SwarmView report(OwnProgress own) {
    return coroutine.ask(
        answer -> {
          PeerProgress word = say(own, false);
          Outlook outlook =
              Outlook.of(word, progress.heardTrainers(), target, network.loop().now());
          double step = own.samplesPerSecond() > 0 ? run.microBatch() / own.samplesPerSecond() : 0;
          swarmEpoch = outlook.epoch();
          swarmModel = outlook.model();
          answer.accept(
              new SwarmView(
                  outlook.epoch(),
                  outlook.behind(),
                  outlook.contested(),
                  outlook.samples(),
                  outlook.peers(),
                  rendezvous.calledEpoch() == own.epoch(),
                  outlook.untilDueByOthers().toNanos() / 1e9 < step / 2,
                  progress.lastEpoch()));
        });
  }

  @Override
  public void withdraw() {
    throw new UnsupportedOperationException("nobody stops a simulated peer by hand");
  }

  @Override
  public boolean othersBehind(long epoch) {
    return coroutine.ask(
        answer ->
            answer.accept(
                progress.heardTrainers().stream()
                    .anyMatch(other -> other.progress().epoch() < epoch)));
  }

  @Override
  public void leave(OwnProgress own) {
    boolean _ =
        coroutine.ask(
            answer -> {
              PeerProgress _ = say(own, true);
              answer.accept(true);
            });
  }

  @Override
  public void awaitChange(Duration limit) {
    boolean _ =
        coroutine.ask(
            answer -> {
              Once once = new Once(answer);
              waiting.add(once);
              EventLoop.Timer _ = network.loop().schedule(limit, once);
            });
  }

  @Override
  public RoundOutcome average(long epoch, MemorySegment gradients, long samples) {
    float[] said = asConducted(epoch, gradients);
    return coroutine.ask(
        answer -> {
          long sentBefore = network.total().bytesSent();
          CompletableFuture<RoundOutcome> outcome =
              rendezvous.bring(
                  epoch,
                  new Contribution(MemorySegment.ofArray(said), samples),
                  network.loop().now().plus(run.roundLimit()));
          adversary.spoil(said);
          CompletableFuture<Void> _ =
              outcome.thenAccept(
                  onLoop(
                      value -> {
                        long sent = network.total().bytesSent() - sentBefore;
                        rounds.accept(RoundNote.of(epoch, value, network.loop().now(), sent));
                        noteVerdicts();
                        if (value instanceof RoundOutcome.Averaged averaged) {
                          adversary.heard(averaged.average());
                        }
                        answer.accept(value);
                      }));
        });
  }

  @Override
  public Optional<Audit> audit() {
    return coroutine.ask(answer -> answer.accept(trust.takeAudit()));
  }

  @Override
  public void audited(Audit audit, double similarity) {
    boolean _ =
        coroutine.ask(
            answer -> {
              trust.audited(audit, similarity, network.loop().now());
              network.note("audited", "%s: cosine %.3f".formatted(audit.peer(), similarity));
              noteVerdicts();
              answer.accept(true);
            });
  }

  /** Whoever has moved on since is as good as the swarm; who holds another model is not. */
  private List<PeerId> donors() {
    return progress.heardTrainers().stream()
        .map(SwarmProgress.Heard::progress)
        .filter(other -> other.epoch() > swarmEpoch || isOfTheSwarm(other))
        .map(PeerProgress::peer)
        .toList();
  }

  @Override
  public Optional<Step> missed(long epoch, String digest) {
    return coroutine.ask(
        answer -> {
          if (swarmEpoch <= epoch || swarmEpoch - epoch > stepsKept) {
            answer.accept(Optional.empty());
            return;
          }
          List<PeerId> donors = donors();
          asked = new Asked(donors, epoch, swarmEpoch);
          CompletableFuture<Void> _ =
              client
                  .step(donors, epoch, digest, parameterCount, DOWNLOAD_PATIENCE)
                  .handle((step, failure) -> Optional.ofNullable(step))
                  .thenAccept(onLoop(answer));
        });
  }

  @Override
  public void judged(boolean taken) {
    boolean _ =
        coroutine.ask(
            answer -> {
              asked.judge(taken, progress, trust, network.loop().now());
              if (!taken) {
                network.note("turned down", asked.toString());
                noteVerdicts();
              }
              answer.accept(true);
            });
  }

  @Override
  public void passed(Step step) {
    boolean _ =
        coroutine.ask(
            answer -> {
              donor.passed(step, () -> {});
              answer.accept(true);
            });
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    return coroutine.ask(
        answer -> {
          List<PeerId> donors = donors();
          asked = new Asked(donors, epoch, swarmEpoch);
          CompletableFuture<Void> _ =
              client
                  .download(donors, Math.min(epoch, swarmEpoch - 1), DOWNLOAD_PATIENCE)
                  .handle((snapshot, failure) -> judged(donors, snapshot, failure))
                  .thenAccept(onLoop(answer));
        });
  }

  @Override
  public void offer(TrainerState state, String digest) {
    TrainerState given = adversary.offered(state);
    boolean _ =
        coroutine.ask(
            answer -> {
              List<MemorySegment> vectors =
                  Stream.concat(Stream.of(given.parameters()), given.optimizer().stream()).toList();
              donor.offer(
                  new Snapshot(
                      given.epoch(),
                      adversary.said(state.epoch(), digest),
                      vectors,
                      "potluck-state:1".getBytes(StandardCharsets.UTF_8)));
              answer.accept(true);
            });
  }

  /** Out of the future, which would keep an exception to itself. */
  private <T> Consumer<T> onLoop(Consumer<T> answer) {
    return value -> network.loop().execute(() -> answer.accept(value));
  }

  private Optional<TrainerState> judged(
      List<PeerId> donors, @Nullable Snapshot snapshot, @Nullable Throwable failure) {
    if (snapshot == null) {
      progress.gaveNothing(donors, failure);
      return Optional.empty();
    }
    List<MemorySegment> vectors = snapshot.vectors();
    return Optional.of(
        new TrainerState(snapshot.epoch(), vectors.getFirst(), vectors.subList(1, vectors.size())));
  }

  private boolean isOfTheSwarm(PeerProgress word) {
    return word.epoch() == swarmEpoch && word.digest().equals(swarmModel);
  }

  private OwnLink link() {
    return new OwnLink(peerClass.up(), peerClass.down(), !network.addresses().isEmpty());
  }

  /** What is brought instead of what was computed. */
  private float[] asConducted(long epoch, MemorySegment gradients) {
    float[] values = adversary.said(epoch, gradients);
    double factor = network.conduct().contributionFactor();
    if (adversary.lies()) {
      network.note("lie", peerClass.attack() + " in epoch " + epoch);
    }
    if (factor != 1) {
      network.note("lie", "multiplies its contribution by " + factor);
      for (int at = 0; at < values.length; at++) {
        values[at] *= (float) factor;
      }
    }
    return values;
  }

  /** Tells the story of whom this peer has come to think less of. */
  private void noteVerdicts() {
    for (Verdict verdict : trust.verdicts(network.loop().now())) {
      String topic = verdict.banned() ? "banned" : "doubted";
      if (told.add(topic + verdict.peer())) {
        network.note(topic, verdict.peer() + ": " + verdict.reason());
      }
    }
  }

  private static Aggregation aggregation(Scenario.Run run) {
    return run.aggregation().equals("mean") ? Aggregation.MEAN : Aggregation.CenteredClip.USUAL;
  }

  private static CodecId codec(Scenario.Run run) {
    return switch (run.codec()) {
      case "none" -> CodecId.NONE;
      case "int8" -> CodecId.INT8_BLOCKWISE;
      default -> CodecId.FLOAT16;
    };
  }

  private PeerProgress say(OwnProgress told, boolean leaving) {
    OwnProgress own = adversary.said(told);
    PeerProgress word =
        new PeerProgress(
            network.self(),
            ++sequence,
            network.name(),
            "trainer",
            peerClass.name(),
            own.epoch(),
            own.samples(),
            own.samplesTotal(),
            own.samplesPerSecond(),
            own.samplesPerSecond(),
            own.loss(),
            own.digest(),
            own.activity().name(),
            network.addresses(),
            network.total().bytesSent(),
            network.total().bytesReceived(),
            leaving,
            own.lastEpoch(),
            trust.verdicts(network.loop().now()));
    said = word;
    rendezvous.say(word);
    return word;
  }

  private void news() {
    List<Runnable> told = List.copyOf(waiting);
    waiting.clear();
    told.forEach(each -> network.loop().execute(each));
  }

  /** Answers the first time only. */
  private static final class Once implements Runnable {
    private @Nullable Consumer<Boolean> answer;

    Once(Consumer<Boolean> answer) {
      this.answer = answer;
    }

    @Override
    public void run() {
      Consumer<Boolean> present = answer;
      answer = null;
      if (present != null) {
        present.accept(true);
      }
    }
  }
}
