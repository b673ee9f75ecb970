package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.OwnLink;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.StateLimits;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.trust.Audit;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.trust.Verdict;
import org.potluck.dht.Dht;
import org.potluck.network.Bandwidth;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.peer.training.Membership;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.Swarm;
import org.potluck.trainer.TrainerState;

/** The swarm as the training loop of a simulated peer sees it; what blocks there is asked for. */
final class SimulatedSwarm implements Swarm {
  private static final String RUN = "simulated";
  private static final int CHUNK_BYTES = 512 * 1024;
  private static final int STATE_CHUNK_BYTES = 1 << 20;
  private static final int PIECE_BYTES = 16 * 1024;

  /** Parameters, and two moments of each. */
  private static final int STATE_BYTES_PER_VALUE = 12;

  private final SimulatedNetwork network;
  private final Coroutine coroutine;
  private final Scenario.Run run;
  private final Scenario.PeerClass peerClass;
  private final PeerCard card;
  private final Adversary adversary;
  private final Trust trust;
  private final Set<String> told = new LinkedHashSet<>();
  private final Membership membership;
  private final Outlook.Target target;
  private final List<Runnable> waiting = new ArrayList<>();
  private @Nullable PeerProgress said;
  private Outlook outlook = Outlook.ALONE;
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
    this.network = network;
    this.coroutine = coroutine;
    this.run = run;
    this.peerClass = peerClass;
    card = new PeerCard(network.name(), peerClass.role(), peerClass.name(), 1);
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
        StateLimits.usual(
                run.magnification() * (parameterCount * STATE_BYTES_PER_VALUE + (1 << 20)))
            .withChunkBytes(STATE_CHUNK_BYTES / run.magnification())
            .withPieceBytes(PIECE_BYTES / run.magnification());
    target = new Outlook.Target(run.targetBatch(), run.microBatch());
    CodecId codec = codec(run);
    Bandwidth upload = new Bandwidth(peerClass.up().bytesPerSecond() / run.magnification());
    membership =
        new Membership(
            new Membership.Host(
                network,
                rpc,
                dht,
                network.random(),
                Runnable::run,
                Runnable::run,
                this::link,
                () -> upload,
                null),
            new Membership.Terms(
                RUN,
                new Rendezvous.Appointment(
                    RUN + ".gradients", parameterCount, target, codec, codec),
                options,
                limits),
            trust,
            _ -> CompletableFuture.completedFuture(true),
            rounds);
    membership.progress().listen(this::news);
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
          outlook =
              Outlook.of(
                  word, membership.progress().heardParticipants(), target, network.loop().now());
          answer.accept(
              SwarmView.of(
                  outlook,
                  own,
                  run.microBatch(),
                  membership.calledEpoch(),
                  membership.progress().lastEpoch()));
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
            answer.accept(membership.welcome().stream().anyMatch(other -> other.epoch() < epoch)));
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
          CompletableFuture<RoundOutcome> outcome =
              membership.average(
                  epoch, new Contribution(MemorySegment.ofArray(said), samples), run.roundLimit());
          hand(
              outcome,
              value -> {
                noteVerdicts();
                if (value instanceof RoundOutcome.Averaged averaged) {
                  adversary.heard(averaged.average());
                }
                answer.accept(value);
              });
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

  @Override
  public Optional<Step> missed(long epoch, String digest) {
    return coroutine.ask(answer -> hand(membership.missed(outlook, epoch, digest), answer));
  }

  @Override
  public Optional<Barred> barred() {
    return coroutine.ask(answer -> answer.accept(membership.barred(outlook)));
  }

  @Override
  public void judged(boolean taken) {
    boolean _ =
        coroutine.ask(
            answer -> {
              Membership.Asked asked = membership.judge(taken);
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
              membership.passed(step);
              answer.accept(true);
            });
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    return coroutine.ask(answer -> hand(membership.download(outlook, epoch), answer));
  }

  @Override
  public void offer(TrainerState state, String digest) {
    TrainerState given = adversary.offered(state);
    boolean _ =
        coroutine.ask(
            answer -> {
              membership.offer(given, adversary.said(state.epoch(), digest));
              answer.accept(true);
            });
  }

  /** Out of the future, which would keep an exception to itself. */
  private <T> void hand(CompletableFuture<T> future, Consumer<T> answer) {
    CompletableFuture<T> _ =
        future.whenComplete(
            (value, failure) ->
                network
                    .loop()
                    .execute(
                        () -> {
                          if (failure != null) {
                            throw new IllegalStateException("a simulated peer failed", failure);
                          }
                          answer.accept(value);
                        }));
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
    if (!adversary.honest()) {
      return;
    }
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
    PeerProgress word =
        card.word(
            network.self(),
            ++sequence,
            adversary.said(told),
            network.addresses(),
            network.total(),
            leaving);
    slander();
    said = word.withVerdicts(trust.verdicts(network.loop().now()));
    membership.say(word);
    return word;
  }

  /** Has it that whoever is no accomplice is banned; these are known by their class. */
  private void slander() {
    if (adversary.slanders()) {
      membership.progress().others().stream()
          .filter(other -> !other.device().equals(peerClass.name()))
          .forEach(other -> accuse(other.peer()));
    }
  }

  private void accuse(PeerId peer) {
    for (int deed = 0; deed < 2; deed++) {
      trust.hold(peer, Misdeed.NO_NUMBERS, "sends nothing but noise", network.loop().now());
    }
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
