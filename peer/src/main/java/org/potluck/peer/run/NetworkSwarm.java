package org.potluck.peer.run;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Averager;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.LinkMeter;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundBulletin;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.trust.Audit;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.Traffic;
import org.potluck.peer.manifest.CodecChoice;
import org.potluck.peer.training.Membership;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.Swarm;
import org.potluck.trainer.ParameterDigest;
import org.potluck.trainer.TrainerState;

/** The swarm as the training thread sees it, over the peer's node. */
public final class NetworkSwarm implements Swarm, Teller.Around {
  private static final Duration ROUND_LIMIT = Duration.ofMinutes(1);

  /** A download ends by itself once nothing arrives. */
  private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(365);

  private final Node node;
  private final PeerCard card;
  private final GradientMemory memory;
  private final Outlook.Target target;
  private final Membership membership;
  private final Object news = new Object();
  private volatile List<SwarmProgress.Heard> participants = List.of();
  private volatile List<PeerProgress> welcome = List.of();
  private volatile List<PeerProgress> present = List.of();
  private volatile @Nullable Audit audit;
  private volatile long lastEpoch;
  private volatile List<Multiaddr> addresses = List.of();
  private volatile Traffic traffic = Traffic.NONE;
  private long newsCount;

  /** What follows is the training thread's. */
  private Outlook outlook = Outlook.ALONE;

  private long sequence = System.currentTimeMillis() * 1000;

  private NetworkSwarm(
      Node node, PeerCard card, Rendezvous.Appointment appointment, Membership membership) {
    this.node = node;
    this.card = card;
    this.target = appointment.target();
    this.memory = new GradientMemory(appointment.codecUp());
    this.membership = membership;
    membership.progress().listen(this::refresh);
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
   * Takes a place in a run.
   *
   * @param downloads where a download is kept that this process does not end; null for nowhere
   */
  public static NetworkSwarm join(
      Node node, Membership.Terms terms, PeerCard card, @Nullable Path downloads) {
    return node.onLoop(
        () -> {
          Network network = node.network();
          SecureRandom random = new SecureRandom();
          LinkMeter meter = new LinkMeter(network, LinkMeter.Limits.NONE);
          RoundBulletin bulletin =
              new RoundBulletin(network.loop(), node.dht(), terms.run(), meter::link);
          PostedSample.demandOnly(node.dht(), terms.run());
          Membership.Host host =
              new Membership.Host(
                  network,
                  node.rpc(),
                  node.dht(),
                  random,
                  Averager.codecThread(),
                  Thread::startVirtualThread,
                  meter::link,
                  () -> meter.link().upload(),
                  downloads);
          Membership membership =
              new Membership(
                  host,
                  terms,
                  new Trust(random),
                  snapshot -> isWhatItIsCalled(node, snapshot),
                  bulletin::add);
          return CompletableFuture.completedFuture(
              new NetworkSwarm(node, card, terms.appointment(), membership));
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
    outlook = Outlook.of(word, participants, target, node.network().loop().now());
    return SwarmView.of(outlook, own, target.microBatch(), membership.calledEpoch(), lastEpoch);
  }

  @Override
  public void withdraw() {
    node.execute(membership::withdraw);
  }

  @Override
  public boolean othersBehind(long epoch) {
    return welcome.stream().anyMatch(other -> other.epoch() < epoch);
  }

  /** Who is ahead is there, too, though what it claims is not believed at once. */
  @Override
  public int trainers() {
    long others = present.stream().filter(PeerProgress::trains).count();
    return (int) others + (card.role().trains() ? 1 : 0);
  }

  @Override
  public Duration untilDue() {
    return outlook.untilDue();
  }

  @Override
  public String name(PeerId peer) {
    if (peer.equals(node.network().self())) {
      return "this peer";
    }
    return present.stream()
        .filter(other -> other.peer().equals(peer) && !other.name().isBlank())
        .findFirst()
        .map(PeerProgress::name)
        .orElse(peer.shortName());
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
    CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
    MemorySegment sent = memory.send(gradients, samples);
    node.execute(() -> begin(epoch, new Contribution(sent, samples), outcome));
    try {
      RoundOutcome settled = outcome.get();
      memory.settle(settled, sent, gradients);
      return settled;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a round failed otherwise than by its outcome", e);
    }
  }

  /** On the loop; whatever happens, {@code outcome} ends. */
  private void begin(
      long epoch, Contribution contribution, CompletableFuture<RoundOutcome> outcome) {
    try {
      CompletableFuture<RoundOutcome> _ =
          membership
              .average(epoch, contribution, ROUND_LIMIT)
              .whenComplete(
                  (value, failure) -> {
                    if (failure == null) {
                      audit = membership.trust().takeAudit().orElse(null);
                      outcome.complete(value);
                    } else {
                      outcome.completeExceptionally(failure);
                    }
                  });
    } catch (RuntimeException e) {
      outcome.completeExceptionally(e);
    }
  }

  /** Has contributions computed again: so many of each group and round. */
  void audits(int perGroup) {
    node.execute(() -> membership.trust().audits(perGroup));
  }

  @Override
  public Optional<Audit> audit() {
    return Optional.ofNullable(audit);
  }

  @Override
  public void audited(Audit done, double similarity) {
    node.execute(() -> membership.trust().audited(done, similarity, node.network().loop().now()));
  }

  @Override
  public Optional<Step> missed(long epoch, String digest) {
    Outlook seen = outlook;
    return fetched(() -> membership.missed(seen, epoch, digest));
  }

  @Override
  public Optional<Barred> barred() {
    Outlook seen = outlook;
    return fetched(() -> CompletableFuture.completedFuture(membership.barred(seen)));
  }

  @Override
  public void judged(boolean taken) {
    node.execute(
        () -> {
          membership.judge(taken);
          look();
        });
  }

  @Override
  public void passed(Step step) {
    node.execute(() -> membership.passed(step));
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    Outlook seen = outlook;
    Optional<TrainerState> state = fetched(() -> membership.download(seen, epoch));
    if (state.isEmpty()) {
      node.execute(this::look); // Those who gave nothing are believed less.
    }
    return state;
  }

  private <T> Optional<T> fetched(Supplier<CompletableFuture<Optional<T>>> start) {
    try {
      return node.await(start, AS_LONG_AS_IT_TAKES);
    } catch (NetworkException e) {
      return Optional.empty(); // This thread has been interrupted.
    }
  }

  @Override
  public void offer(TrainerState state, String digest) {
    node.execute(() -> membership.offer(state, digest));
  }

  Traffic traffic() {
    return traffic;
  }

  private PeerProgress say(OwnProgress own, boolean leaving) {
    PeerProgress word =
        card.word(node.network().self(), ++sequence, own, addresses, traffic, leaving);
    node.execute(
        () -> {
          membership.say(word);
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
    participants = membership.progress().heardParticipants();
    welcome = membership.welcome();
    present = membership.progress().present();
    lastEpoch = membership.progress().lastEpoch();
    addresses = node.network().addresses();
    traffic = node.network().total();
  }
}
