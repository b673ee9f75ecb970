package org.potluck.peer.run;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.potluck.averaging.Averager;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.RoundRequest;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.StateClient;
import org.potluck.averaging.state.StateDonor;
import org.potluck.network.Bandwidth;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.Traffic;
import org.potluck.peer.training.Swarm;
import org.potluck.trainer.TrainerState;

/** The swarm as the training thread sees it, over the peer's node. */
final class NetworkSwarm implements Swarm {
  /** Until a link is measured it is taken for a usual one. */
  private static final Bandwidth USUAL_LINK = Bandwidth.ofMegabitsPerSecond(100);

  private static final Duration ROUND_LIMIT = Duration.ofMinutes(1);
  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(2);

  private final Node node;
  private final String run;
  private final CodecId codec;
  private final PeerCard card;
  private final SwarmProgress progress;
  private final Averager averager;
  private final StateDonor donor;
  private final StateClient client;
  private final Object news = new Object();
  private volatile List<PeerProgress> trainers = List.of();
  private volatile Traffic traffic = Traffic.NONE;
  private long sequence = System.currentTimeMillis() * 1000;
  private long newsCount;

  /** Created on the node's loop. */
  NetworkSwarm(
      Node node,
      String run,
      String codec,
      PeerCard card,
      SwarmProgress progress,
      Averager averager,
      StateDonor donor,
      StateClient client) {
    this.node = node;
    this.run = run;
    this.codec = CodecChoice.of(codec);
    this.card = card;
    this.progress = progress;
    this.averager = averager;
    this.donor = donor;
    this.client = client;
    progress.listen(this::refresh);
    refresh();
  }

  @Override
  public SwarmView report(OwnProgress own) {
    say(own, false);
    List<PeerProgress> others = trainers;
    long epoch = others.stream().mapToLong(PeerProgress::epoch).max().orElse(0);
    epoch = Math.max(epoch, own.epoch());
    long samples = own.epoch() == epoch ? own.samples() : 0;
    for (PeerProgress other : others) {
      samples += other.epoch() == epoch ? other.samples() : 0;
    }
    return new SwarmView(epoch, samples, others.size() + 1);
  }

  @Override
  public boolean othersBehind(long epoch) {
    return trainers.stream().anyMatch(other -> other.epoch() < epoch);
  }

  @Override
  public void leave(OwnProgress own) {
    say(own, true);
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
    List<PeerId> there =
        trainers.stream().filter(other -> other.epoch() == epoch).map(PeerProgress::peer).toList();
    CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
    node.execute(() -> begin(epoch, gradients, samples, there, outcome));
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a round failed otherwise than by its outcome", e);
    }
  }

  /** On the loop; whatever happens, {@code outcome} ends. */
  private void begin(
      long epoch,
      MemorySegment gradients,
      long samples,
      List<PeerId> there,
      CompletableFuture<RoundOutcome> outcome) {
    try {
      RoundRequest request =
          new RoundRequest(
              run + ".gradients",
              epoch,
              new Contribution(gradients, samples),
              Role.TRAINER,
              USUAL_LINK,
              USUAL_LINK,
              !node.network().addresses().isEmpty(),
              there,
              there.size() + 1,
              codec,
              codec,
              node.network().loop().now().plus(ROUND_LIMIT));
      CompletableFuture<RoundOutcome> _ =
          averager
              .average(request)
              .whenComplete(
                  (value, failure) -> {
                    if (failure == null) {
                      outcome.complete(value);
                    } else {
                      outcome.completeExceptionally(failure);
                    }
                  });
    } catch (RuntimeException e) {
      outcome.completeExceptionally(e);
    }
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    List<PeerId> donors =
        trainers.stream().filter(other -> other.epoch() > epoch).map(PeerProgress::peer).toList();
    try {
      Snapshot snapshot =
          node.await(
              () -> client.download(donors, epoch, DOWNLOAD_LIMIT), DOWNLOAD_LIMIT.plusSeconds(5));
      List<MemorySegment> vectors = snapshot.vectors();
      return Optional.of(
          new TrainerState(
              snapshot.epoch(), vectors.getFirst(), vectors.subList(1, vectors.size())));
    } catch (NetworkException e) {
      return Optional.empty();
    }
  }

  @Override
  public void offer(TrainerState state, String digest) {
    List<MemorySegment> vectors =
        Stream.concat(Stream.of(state.parameters()), state.optimizer().stream()).toList();
    Snapshot snapshot =
        new Snapshot(
            state.epoch(), digest, vectors, "potluck-state:1".getBytes(StandardCharsets.UTF_8));
    node.execute(() -> donor.offer(snapshot));
  }

  Traffic traffic() {
    return traffic;
  }

  private void say(OwnProgress own, boolean leaving) {
    long number = ++sequence;
    double tokens = own.samplesPerSecond() * card.tokensPerSample();
    node.execute(
        () ->
            progress.say(
                new PeerProgress(
                    node.network().self(),
                    number,
                    card.name(),
                    "trainer",
                    card.device(),
                    own.epoch(),
                    own.samples(),
                    own.samplesTotal(),
                    own.samplesPerSecond(),
                    tokens,
                    own.loss(),
                    own.digest(),
                    own.activity().name(),
                    node.network().addresses(),
                    traffic.bytesSent(),
                    traffic.bytesReceived(),
                    leaving)));
  }

  private void refresh() {
    trainers = progress.trainers();
    traffic = node.network().total();
    synchronized (news) {
      newsCount++;
      news.notifyAll();
    }
  }

  /** What others may know of this peer. */
  record PeerCard(String name, String device, int tokensPerSample) {}
}
