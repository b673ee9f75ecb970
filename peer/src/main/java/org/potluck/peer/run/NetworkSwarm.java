package org.potluck.peer.run;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Averager;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.LinkMeter;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundBulletin;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.state.RightOfWay;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.StateClient;
import org.potluck.averaging.state.StateDonor;
import org.potluck.averaging.state.StateLimits;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.state.SwarmNotary;
import org.potluck.averaging.trust.Audit;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.Traffic;
import org.potluck.peer.training.Asked;
import org.potluck.peer.training.Swarm;
import org.potluck.trainer.ParameterDigest;
import org.potluck.trainer.TrainerState;

/** The swarm as the training thread sees it, over the peer's node. */
public final class NetworkSwarm implements Swarm {
  private static final Duration ROUND_LIMIT = Duration.ofMinutes(1);

  /** A megabyte in this time is as slow as a link may be that anybody trains over. */
  private static final Duration DOWNLOAD_PATIENCE = Duration.ofMinutes(2);

  /** A download ends by itself once nothing arrives. */
  private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(365);

  private final Node node;
  private final PeerCard card;
  private final SwarmProgress progress;
  private final Averager averager;
  private final Rendezvous rendezvous;
  private final RoundBulletin bulletin;
  private final GradientMemory memory;
  private final Outlook.Target target;
  private final StateDonor donor;
  private final StateClient client;
  private final int stepsKept;
  private final long values;
  private final Object news = new Object();
  private final CompletableFuture<Void> withdrawn = new CompletableFuture<>();
  private volatile List<SwarmProgress.Heard> trainers = List.of();
  private volatile @Nullable Audit audit;
  private volatile long lastEpoch;
  private Asked asked = new Asked(List.of(), 0, 0);
  private long swarmEpoch;
  private String swarmModel = "";
  private volatile List<Multiaddr> addresses = List.of();
  private volatile Traffic traffic = Traffic.NONE;
  private long sequence = System.currentTimeMillis() * 1000;
  private long newsCount;

  /** Of the last round; the training thread's. */
  private @Nullable RoundOutcome last;

  private NetworkSwarm(
      Node node,
      String run,
      Rendezvous.Appointment appointment,
      PeerCard card,
      SwarmProgress progress,
      Averager averager,
      LinkMeter meter,
      StateDonor donor,
      StateClient client,
      int stepsKept) {
    this.node = node;
    this.card = card;
    this.progress = progress;
    this.target = appointment.target();
    this.memory = new GradientMemory(appointment.codecUp());
    this.averager = averager;
    this.rendezvous =
        new Rendezvous(node.network().loop(), averager, progress, appointment, meter::link);
    this.bulletin = new RoundBulletin(node.network().loop(), node.dht(), run, meter::link);
    this.donor = donor;
    this.client = client;
    this.stepsKept = stepsKept;
    this.values = appointment.length();
    progress.listen(this::refresh);
    refresh();
  }

  /** What the rounds of {@code run} are when they average gradients with {@code codec}. */
  public static Rendezvous.Appointment gradients(
      String run, String codec, long length, Outlook.Target target) {
    CodecChoice chosen = CodecChoice.of(codec);
    return new Rendezvous.Appointment(
        run + ".gradients", length, target, chosen.up(), chosen.down());
  }

  /**
   * Takes a place in {@code run} for a trainer that keeps {@code appointment}.
   *
   * @param downloads where a download is kept that this process does not end; null for nowhere
   */
  public static NetworkSwarm join(
      Node node,
      String run,
      Rendezvous.Appointment appointment,
      PeerCard card,
      AveragingOptions options,
      StateLimits limits,
      @Nullable Path downloads) {
    return node.onLoop(
        () -> {
          Averager averager =
              new Averager(
                  node.network(),
                  node.dht(),
                  options,
                  new SecureRandom(),
                  SpanPlanner::byLinks,
                  Averager.codecThread(),
                  new Trust(new SecureRandom()));
          LinkMeter meter = new LinkMeter(node.network(), LinkMeter.Limits.NONE);
          RightOfWay before = new RightOfWay(averager::exchanging, () -> meter.link().upload());
          SwarmProgress progress = new SwarmProgress(node.network(), node.rpc(), node.dht(), run);
          PostedSample.demandOnly(node.dht(), run);
          SwarmNotary notary =
              new SwarmNotary(
                  node.network().loop(),
                  progress,
                  averager.trust(),
                  snapshot -> isWhatItIsCalled(node, snapshot));
          return CompletableFuture.completedFuture(
              new NetworkSwarm(
                  node,
                  run,
                  appointment,
                  card,
                  progress,
                  averager,
                  meter,
                  new StateDonor(
                      node.network().loop(),
                      node.rpc(),
                      run,
                      limits,
                      before,
                      Thread::startVirtualThread),
                  new StateClient(
                      node.network().loop(),
                      node.rpc(),
                      run,
                      limits,
                      notary,
                      new SecureRandom(),
                      downloads,
                      Thread::startVirtualThread),
                  limits.stepsKept()));
        });
  }

  /** Hashes beside the loop: gigabytes take seconds. */
  private static CompletableFuture<Boolean> isWhatItIsCalled(Node node, Snapshot snapshot) {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    List<MemorySegment> vectors = snapshot.vectors();
    Thread _ =
        Thread.ofVirtual()
            .start(
                () -> {
                  boolean same =
                      !vectors.isEmpty()
                          && ParameterDigest.of(snapshot.epoch(), vectors.getFirst())
                              .equals(snapshot.digest());
                  node.execute(() -> answer.complete(same));
                });
    return answer;
  }

  @Override
  public SwarmView report(OwnProgress own) {
    PeerProgress word = say(own, false);
    Outlook outlook = Outlook.of(word, trainers, target, node.network().loop().now());
    double step = own.samplesPerSecond() > 0 ? target.microBatch() / own.samplesPerSecond() : 0;
    boolean covered = outlook.untilDueByOthers().toNanos() / 1e9 < step / 2;
    swarmEpoch = outlook.epoch();
    swarmModel = outlook.model();
    return new SwarmView(
        outlook.epoch(),
        outlook.behind(),
        outlook.contested(),
        outlook.samples(),
        outlook.peers(),
        rendezvous.calledEpoch() == own.epoch(),
        covered,
        lastEpoch);
  }

  @Override
  public void withdraw() {
    node.execute(rendezvous::close);
    withdrawn.complete(null);
  }

  @Override
  public boolean othersBehind(long epoch) {
    return trainers.stream().anyMatch(other -> other.progress().epoch() < epoch);
  }

  @Override
  public void leave(OwnProgress own) {
    PeerProgress _ = say(own, true);
  }

  @Override
  public void awaitChange(Duration limit) throws InterruptedException {
    synchronized (news) {
      long before = newsCount;
      long end = System.nanoTime() + limit.toNanos();
      while (newsCount == before && System.nanoTime() < end) {
        news.wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      }
    }
  }

  @Override
  public RoundOutcome average(long epoch, MemorySegment gradients, long samples)
      throws InterruptedException {
    reuseLast();
    CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
    MemorySegment sent = memory.send(gradients, samples);
    node.execute(() -> begin(epoch, new Contribution(sent, samples), outcome));
    try {
      RoundOutcome settled = outcome.get();
      memory.settle(settled, sent, gradients);
      last = settled;
      return settled;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a round failed otherwise than by its outcome", e);
    }
  }

  /** Who averages anew has applied what came before. */
  private void reuseLast() {
    if (last instanceof RoundOutcome.Averaged averaged) {
      node.execute(() -> averager.reuse(averaged));
    }
    last = null;
  }

  /** On the loop; whatever happens, {@code outcome} ends. */
  private void begin(
      long epoch, Contribution contribution, CompletableFuture<RoundOutcome> outcome) {
    try {
      Instant deadline = node.network().loop().now().plus(ROUND_LIMIT);
      long sentBefore = node.network().total().bytesSent();
      CompletableFuture<RoundOutcome> _ =
          rendezvous
              .bring(epoch, contribution, deadline)
              .whenComplete(
                  (value, failure) -> {
                    if (failure == null) {
                      audit = averager.trust().takeAudit().orElse(null);
                      outcome.complete(value);
                      post(epoch, value, sentBefore);
                    } else {
                      outcome.completeExceptionally(failure);
                    }
                  });
    } catch (RuntimeException e) {
      outcome.completeExceptionally(e);
    }
  }

  /** Tells those who look on what became of the round; a round given up by hand is no news. */
  private void post(long epoch, RoundOutcome outcome, long sentBefore) {
    boolean cancelled =
        outcome instanceof RoundOutcome.Abandoned abandoned
            && abandoned.cause() == RoundOutcome.Cause.CANCELLED;
    if (!cancelled) {
      long sent = node.network().total().bytesSent() - sentBefore;
      bulletin.add(RoundNote.of(epoch, outcome, node.network().loop().now(), Math.max(0, sent)));
    }
  }

  /** Has contributions computed again: so many of each group and round. */
  void audits(int perGroup) {
    node.execute(() -> averager.trust().audits(perGroup));
  }

  @Override
  public Optional<Audit> audit() {
    return Optional.ofNullable(audit);
  }

  @Override
  public void audited(Audit done, double similarity) {
    node.execute(() -> averager.trust().audited(done, similarity, node.network().loop().now()));
  }

  /** Whoever has moved on since is as good as the swarm; who holds another model is not. */
  private List<PeerId> donors() {
    return trainers.stream()
        .map(SwarmProgress.Heard::progress)
        .filter(other -> other.epoch() > swarmEpoch || isOfTheSwarm(other))
        .map(PeerProgress::peer)
        .toList();
  }

  @Override
  public Optional<Step> missed(long epoch, String digest) {
    if (swarmEpoch <= epoch || swarmEpoch - epoch > stepsKept) {
      return Optional.empty();
    }
    List<PeerId> donors = donors();
    asked = new Asked(donors, epoch, swarmEpoch);
    try {
      return Optional.of(
          node.await(
              () -> orWithdrawn(client.step(donors, epoch, digest, values, DOWNLOAD_PATIENCE)),
              AS_LONG_AS_IT_TAKES));
    } catch (NetworkException e) {
      return Optional.empty(); // The state will do.
    }
  }

  @Override
  public void judged(boolean taken) {
    Asked last = asked;
    node.execute(
        () -> {
          last.judge(taken, progress, averager.trust(), node.network().loop().now());
          look();
        });
  }

  @Override
  public void passed(Step step) {
    Optional<RoundOutcome.Averaged> round =
        last instanceof RoundOutcome.Averaged averaged && averaged.average().equals(step.average())
            ? Optional.of(averaged)
            : Optional.empty();
    if (round.isPresent()) {
      last = null; // The donor says when its memory can be written to.
    }
    node.execute(() -> donor.passed(step, () -> round.ifPresent(averager::reuse)));
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    List<PeerId> donors = donors();
    asked = new Asked(donors, epoch, swarmEpoch);
    long newerThan = Math.min(epoch, swarmEpoch - 1);
    try {
      Snapshot snapshot =
          node.await(
              () -> orWithdrawn(client.download(donors, newerThan, DOWNLOAD_PATIENCE)),
              AS_LONG_AS_IT_TAKES);
      List<MemorySegment> vectors = snapshot.vectors();
      return Optional.of(
          new TrainerState(
              snapshot.epoch(), vectors.getFirst(), vectors.subList(1, vectors.size())));
    } catch (NetworkException e) {
      node.execute(
          () -> {
            progress.gaveNothing(donors, e);
            look();
          });
      return Optional.empty();
    }
  }

  private boolean isOfTheSwarm(PeerProgress word) {
    return word.epoch() == swarmEpoch && word.digest().equals(swarmModel);
  }

  private <T> CompletableFuture<T> orWithdrawn(CompletableFuture<T> work) {
    CompletableFuture<T> either = new CompletableFuture<>();
    CompletableFuture<T> _ =
        work.whenComplete(
            (value, failure) -> {
              if (failure == null) {
                either.complete(value);
              } else {
                either.completeExceptionally(failure);
              }
            });
    CompletableFuture<Void> _ =
        withdrawn.thenRun(
            () ->
                node.execute(
                    () -> {
                      boolean _ = work.cancel(false);
                      either.completeExceptionally(
                          new NetworkException(
                              NetworkException.Reason.CLOSED, "this peer is stopping"));
                    }));
    return either;
  }

  @Override
  public void offer(TrainerState state, String digest) {
    List<MemorySegment> vectors =
        Stream.concat(Stream.of(state.parameters()), state.optimizer().stream()).toList();
    Snapshot snapshot =
        new Snapshot(
            state.epoch(), digest, vectors, "potluck-state:1".getBytes(StandardCharsets.UTF_8));
    node.execute(
        () -> {
          donor.offer(snapshot);
          client.outgrow(snapshot.epoch());
        });
  }

  Traffic traffic() {
    return traffic;
  }

  private PeerProgress say(OwnProgress own, boolean leaving) {
    PeerProgress word =
        new PeerProgress(
            node.network().self(),
            ++sequence,
            card.name(),
            "trainer",
            card.device(),
            own.epoch(),
            own.samples(),
            own.samplesTotal(),
            own.samplesPerSecond(),
            own.samplesPerSecond() * card.tokensPerSample(),
            own.loss(),
            own.digest(),
            own.activity().name(),
            addresses,
            traffic.bytesSent(),
            traffic.bytesReceived(),
            leaving,
            own.lastEpoch(),
            List.of());
    node.execute(
        () -> {
          rendezvous.say(word);
          look(); // who has been silent for long is gone without any news of it
        });
    return word;
  }

  private void refresh() {
    look();
    synchronized (news) {
      newsCount++;
      news.notifyAll();
    }
  }

  private void look() {
    trainers = progress.heardTrainers();
    lastEpoch = progress.lastEpoch();
    addresses = node.network().addresses();
    traffic = node.network().total();
  }

  /** What others may know of this peer. */
  public record PeerCard(String name, String device, int tokensPerSample) {}
}
