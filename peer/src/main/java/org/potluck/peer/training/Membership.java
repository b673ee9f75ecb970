package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Averager;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.OwnLink;
import org.potluck.averaging.Rendezvous;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.RightOfWay;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.StateClient;
import org.potluck.averaging.state.StateDonor;
import org.potluck.averaging.state.StateLimits;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.state.SwarmNotary;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Trust;
import org.potluck.dht.Dht;
import org.potluck.network.Bandwidth;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.trainer.TrainerState;

/**
 * A peer's part in its run: its rounds, what it has heard of the others, and the state it gives and
 * takes. A {@link Swarm} asks it on behalf of the training thread.
 *
 * <p>All methods but {@link #calledEpoch} are called on the network's loop, where futures complete,
 * too.
 */
public final class Membership {
  /** A megabyte in this time is as slow as a link may be that anybody trains over. */
  private static final Duration DOWNLOAD_PATIENCE = Duration.ofMinutes(2);

  /**
   * What few claim to have is waited for so long at most: two minutes, or what its bytes take at 2
   * Mbit/s. There is no limit to what most have.
   */
  private static final Duration CONTESTED_LIMIT = Duration.ofMinutes(2);

  private static final long CONTESTED_BYTES_PER_SECOND = 250_000;

  private static final byte[] STATE_FORMAT = "potluck-state:1".getBytes(StandardCharsets.UTF_8);

  private final Network network;
  private final long values;
  private final long stateBytes;
  private final int stepsKept;
  private final SwarmProgress progress;
  private final Averager averager;
  private final Rendezvous rendezvous;
  private final StateDonor donor;
  private final StateClient client;
  private final Consumer<RoundNote> rounds;
  private Asked asked = new Asked(List.of(), 0, 0);
  private @Nullable CompletableFuture<?> fetching;
  private boolean withdrawn;

  /** Whose average is in use, until the next round or for as long as the donor keeps it. */
  private RoundOutcome.@Nullable Averaged last;

  /**
   * What the peer's machine brings.
   *
   * @param codecs encodes, adds and decodes; see {@link Averager}
   * @param disk packs, unpacks and writes what is too long for the loop
   * @param link to declare; asked before each round
   * @param upload what goes through its uplink, which rounds go before newcomers on
   * @param downloads where a download is kept that this process does not end; null for nowhere
   */
  public record Host(
      Network network,
      Rpc rpc,
      Dht dht,
      RandomGenerator random,
      Executor codecs,
      Executor disk,
      Supplier<OwnLink> link,
      Supplier<Bandwidth> upload,
      @Nullable Path downloads) {}

  /** What is the same for all peers of the run. */
  public record Terms(
      String run,
      Rendezvous.Appointment appointment,
      AveragingOptions averaging,
      StateLimits state) {}

  /**
   * @param trust what this peer thinks of others; used here alone
   * @param certifies whether a state has the digest it claims; completes on the loop
   * @param rounds hears what became of each round
   */
  public Membership(
      Host host,
      Terms terms,
      Trust trust,
      Function<Snapshot, CompletableFuture<Boolean>> certifies,
      Consumer<RoundNote> rounds) {
    network = host.network();
    values = terms.appointment().length();
    stateBytes = terms.state().bytesMax();
    stepsKept = terms.state().stepsKept();
    this.rounds = rounds;
    averager =
        new Averager(
            network,
            host.dht(),
            terms.averaging(),
            host.random(),
            SpanPlanner::byLinks,
            host.codecs(),
            trust);
    progress = new SwarmProgress(network, host.rpc(), host.dht(), terms.run());
    rendezvous =
        new Rendezvous(network.loop(), averager, progress, terms.appointment(), host.link());
    donor =
        new StateDonor(
            network.loop(),
            host.rpc(),
            terms.run(),
            terms.state(),
            new RightOfWay(averager::exchanging, host.upload()),
            peer -> trust.ban(peer, network.loop().now()),
            host.disk());
    client =
        new StateClient(
            network.loop(),
            host.rpc(),
            terms.run(),
            terms.state(),
            new SwarmNotary(network.loop(), progress, trust, certifies),
            host.random(),
            host.downloads(),
            host.disk());
  }

  /** What is known of the others. */
  public SwarmProgress progress() {
    return progress;
  }

  /** What this peer thinks of the others. */
  public Trust trust() {
    return averager.trust();
  }

  /** The epoch for which the leader has last called this peer, or -1. From any thread. */
  public long calledEpoch() {
    return rendezvous.calledEpoch();
  }

  /** Tells the others how far this peer is. */
  public void say(PeerProgress word) {
    rendezvous.say(word);
  }

  /** Takes part in no round that has not begun, and downloads nothing more. */
  public void withdraw() {
    withdrawn = true;
    rendezvous.close();
    CompletableFuture<?> under = fetching;
    if (under != null) {
      boolean _ = under.cancel(false);
    }
  }

  /** Takes part in the round of {@code epoch}; see {@link Swarm#average}. */
  public CompletableFuture<RoundOutcome> average(
      long epoch, Contribution contribution, Duration limit) {
    reuseLast();
    long sentBefore = network.total().bytesSent();
    return rendezvous
        .bring(epoch, contribution, network.loop().now().plus(limit))
        .thenApply(
            outcome -> {
              last = outcome instanceof RoundOutcome.Averaged averaged ? averaged : null;
              note(epoch, outcome, network.total().bytesSent() - sentBefore);
              return outcome;
            });
  }

  /** Who averages anew has applied what came before. */
  private void reuseLast() {
    if (last != null) {
      averager.reuse(last);
      last = null;
    }
  }

  /** A round given up by hand is no news. */
  private void note(long epoch, RoundOutcome outcome, long sent) {
    boolean cancelled =
        outcome instanceof RoundOutcome.Abandoned abandoned
            && abandoned.cause() == RoundOutcome.Cause.CANCELLED;
    if (!cancelled) {
      rounds.accept(RoundNote.of(epoch, outcome, network.loop().now(), Math.max(0, sent)));
    }
  }

  /**
   * The step that this peer at {@code epoch} has missed; see {@link Swarm#missed}.
   *
   * @param outlook that shows it to be behind
   */
  public CompletableFuture<Optional<Step>> missed(Outlook outlook, long epoch, String digest) {
    if (outlook.epoch() <= epoch || outlook.epoch() - epoch > stepsKept) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    List<PeerId> donors = donors(outlook);
    asked = new Asked(donors, epoch, outlook.epoch());
    CompletableFuture<Step> work = client.step(donors, epoch, digest, values, DOWNLOAD_PATIENCE);
    return fetch(limited(work, outlook, values * Float.BYTES))
        .handle((step, _) -> Optional.ofNullable(step)); // Without it the state will do.
  }

  /**
   * The swarm's state for this peer at {@code epoch}; see {@link Swarm#download}.
   *
   * @param outlook that shows it to be behind
   */
  public CompletableFuture<Optional<TrainerState>> download(Outlook outlook, long epoch) {
    List<PeerId> donors = donors(outlook);
    asked = new Asked(donors, epoch, outlook.epoch());
    long newerThan = Math.min(epoch, outlook.epoch() - 1);
    Instant began = network.loop().now();
    CompletableFuture<Snapshot> work = client.download(donors, newerThan, DOWNLOAD_PATIENCE);
    return fetch(limited(work, outlook, stateBytes))
        .handle(
            (snapshot, failure) -> {
              if (snapshot == null) {
                boolean excused = busy(failure) || barred(donors).isPresent();
                Duration lost = Duration.between(began, network.loop().now());
                progress.gaveNothing(donors, excused, outlook.contested(), lost);
                return Optional.empty();
              }
              List<MemorySegment> vectors = snapshot.vectors();
              return Optional.of(
                  new TrainerState(
                      snapshot.epoch(), vectors.getFirst(), vectors.subList(1, vectors.size())));
            });
  }

  /**
   * Gives up after a while what only few claim to have: one peer that gives it by the drop would
   * keep all others from training.
   */
  private <T> CompletableFuture<T> limited(CompletableFuture<T> work, Outlook outlook, long bytes) {
    if (outlook.contested()) {
      Duration needed = Duration.ofSeconds(bytes / CONTESTED_BYTES_PER_SECOND);
      Duration limit = needed.compareTo(CONTESTED_LIMIT) > 0 ? needed : CONTESTED_LIMIT;
      EventLoop.Timer timer =
          network
              .loop()
              .schedule(
                  limit,
                  () -> {
                    boolean _ = work.cancel(false);
                  });
      var _ = work.whenComplete((_, _) -> timer.cancel());
    }
    return work;
  }

  private static boolean busy(@Nullable Throwable failure) {
    return failure instanceof NetworkException e && e.reason() == NetworkException.Reason.LIMITED;
  }

  /**
   * Why nobody gives this peer what it lacks; empty where somebody might.
   *
   * @param outlook that shows it to be behind
   */
  public Optional<Barred> barred(Outlook outlook) {
    return barred(donors(outlook));
  }

  private Optional<Barred> barred(List<PeerId> donors) {
    List<PeerId> others =
        progress.presentParticipants().stream().map(PeerProgress::peer).sorted().toList();
    return client.barred(donors, others);
  }

  /** Who holds the model, and this peer would help to come to where it is. */
  public List<PeerProgress> welcome() {
    return progress.present().stream()
        .filter(other -> trust().ban(other.peer(), network.loop().now()).isEmpty())
        .toList();
  }

  /** Whoever has moved on since is as good as the swarm; who holds another model is not. */
  private List<PeerId> donors(Outlook outlook) {
    return progress.heardParticipants().stream()
        .map(SwarmProgress.Heard::progress)
        .filter(other -> other.epoch() > outlook.epoch() || outlook.isHeldBy(other))
        .map(PeerProgress::peer)
        .toList();
  }

  private <T> CompletableFuture<T> fetch(CompletableFuture<T> work) {
    fetching = work;
    if (withdrawn) {
      boolean _ = work.cancel(false);
    }
    return work;
  }

  /**
   * Draws the consequences of {@link Swarm#judged}.
   *
   * <p>A step that makes a model worse is bad luck, or a lie of little use. Many of them that do
   * are held against whoever claims to have taken them.
   *
   * @return who was asked for it, and for what
   */
  public Asked judge(boolean taken) {
    if (taken) {
      progress.trust(asked.donors());
      return asked;
    }
    progress.doubt(asked.donors());
    if (asked.claimed() > asked.own() + 1) {
      String reason = "claims to be at epoch %d with a worse model".formatted(asked.claimed());
      asked
          .donors()
          .forEach(donor -> trust().hold(donor, Misdeed.FALSE_LEAD, reason, network.loop().now()));
    }
    return asked;
  }

  /** Keeps {@code step} for those who missed it; see {@link Swarm#passed}. */
  public void passed(Step step) {
    RoundOutcome.Averaged round = last;
    if (round != null && round.average().equals(step.average())) {
      last = null;
      donor.passed(step, () -> averager.reuse(round)); // Until then its memory must not change.
    } else {
      donor.passed(step, () -> {});
    }
  }

  /** Offers {@code state} to newcomers from now on; it is not changed afterwards. */
  public void offer(TrainerState state, String digest) {
    List<MemorySegment> vectors =
        Stream.concat(Stream.of(state.parameters()), state.optimizer().stream()).toList();
    donor.offer(new Snapshot(state.epoch(), digest, vectors, STATE_FORMAT));
    client.outgrow(state.epoch());
  }

  /**
   * Who was asked for a step or a state.
   *
   * @param donors those who claim to have it
   * @param own epoch of this peer then
   * @param claimed epoch that they claim to have reached
   */
  public record Asked(List<PeerId> donors, long own, long claimed) {
    @Override
    public String toString() {
      return "what %s claim to have at epoch %d".formatted(donors, claimed);
    }
  }
}
