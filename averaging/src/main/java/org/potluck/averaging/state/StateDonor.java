package org.potluck.averaging.state;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.averaging.trust.Ban;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/**
 * Gives this peer's state to newcomers.
 *
 * <p>Offering costs nothing until somebody asks. A few peers at a time are sent chunks; others hear
 * when to come again. Averaging goes before: see {@link RightOfWay}. A former snapshot is kept for
 * as long as somebody downloads it, but no more than {@link StateLimits#snapshotsKept} are held
 * altogether; those begun first stay, so that slow ones come to an end. With the steps taken since
 * (see {@link Step}) they then come to where the others are.
 *
 * <p>Who is banned gets nothing, as it brings nothing: it hears why, and when to ask again. All
 * methods are called on the loop.
 */
public final class StateDonor {
  private final EventLoop loop;
  private final String run;
  private final StateLimits limits;
  private final Function<PeerId, Optional<Ban>> bans;

  /** Newest first. */
  private final Deque<Offer> offers = new ArrayDeque<>();

  private final Trail trail;
  private final Uploads uploads;
  private EventLoop.@Nullable Timer tidying;

  /**
   * Answers from now on, though with nothing before the first offer.
   *
   * @param bans who gets nothing, asked whenever somebody wants something
   * @param worker packs steps; in a simulation {@code Runnable::run}
   */
  public StateDonor(
      EventLoop loop,
      Rpc rpc,
      String run,
      StateLimits limits,
      RightOfWay before,
      Function<PeerId, Optional<Ban>> bans,
      Executor worker) {
    this.loop = loop;
    this.run = run;
    this.limits = limits;
    this.bans = bans;
    this.trail = new Trail(loop, limits, worker);
    this.uploads =
        new Uploads(loop, limits, before, this::find, peer -> bans.apply(peer).isPresent());
    rpc.serve(StateMethods.MANIFEST, this::asked);
    rpc.serve(StateMethods.CHUNKS, (_, answers) -> uploads.accept(answers));
  }

  /**
   * Offers {@code snapshot} in place of the former ones.
   *
   * @throws IllegalArgumentException when it has too many vectors or chunks for a manifest
   */
  public void offer(Snapshot snapshot) {
    offers.addFirst(new Offer(loop, snapshot, limits.chunkBytes()));
    tidy();
    while (offers.size() > limits.snapshotsKept()) {
      // The former newest: who downloads an older one has more of it.
      Offer newest = offers.removeFirst();
      offers.removeFirst();
      offers.addFirst(newest);
    }
  }

  /**
   * Keeps {@code step}, which led to the state that is offered next.
   *
   * @param unused called on the loop when nobody looks at its average any more; until then it must
   *     not change
   */
  public void passed(Step step, Runnable unused) {
    trail.add(step, unused, wanted(), trailBytesMax());
  }

  /** Offers nothing any more, as before leaving. */
  public void withdraw() {
    offers.clear();
    trail.clear();
    uploads.end();
  }

  /** Peers that download from this one now. */
  public int downloads() {
    return uploads.count();
  }

  /** How many snapshots are held, and must not change. */
  public int snapshots() {
    return offers.size();
  }

  /** How many steps are held. */
  public int steps() {
    return trail.size();
  }

  /** Whether the newest offer was hashed, or is about to be, because somebody asked for it. */
  boolean hashed() {
    return !offers.isEmpty() && offers.getFirst().hashed();
  }

  /** Who is refused costs nothing: nothing is hashed, packed or kept for it. */
  private CompletableFuture<StateManifestMessage> asked(
      PeerId caller, StateManifestRequest request) {
    return bans.apply(caller)
        .map(ban -> CompletableFuture.completedFuture(Refusals.write(ban, loop.now())))
        .orElseGet(() -> manifest(request));
  }

  private CompletableFuture<StateManifestMessage> manifest(StateManifestRequest request) {
    if (request.getRun().equals(run) && !request.getStepFrom().isEmpty()) {
      return step(request);
    }
    if (!request.getRun().equals(run)
        || offers.isEmpty()
        || offers.getFirst().epoch() <= request.getNewerThanEpoch()) {
      return CompletableFuture.completedFuture(StateManifestMessage.getDefaultInstance());
    }
    Offer newest = offers.getFirst();
    newest.wantUntil(loop.now().plus(limits.placeLimit()));
    return newest.manifest().thenApply(Manifest::write);
  }

  private CompletableFuture<StateManifestMessage> step(StateManifestRequest request) {
    return trail
        .find(request)
        .map(
            packed ->
                packed.thenCompose(
                    offer -> {
                      offer.wantUntil(loop.now().plus(limits.placeLimit()));
                      tidyLater();
                      return offer.manifest().thenApply(Manifest::write);
                    }))
        .orElseGet(
            () -> CompletableFuture.completedFuture(StateManifestMessage.getDefaultInstance()));
  }

  private Optional<Offer> find(StateChunkRequest request) {
    if (!request.getRun().equals(run)) {
      return Optional.empty();
    }
    return offers.stream()
        .filter(offer -> offer.named(request.getRoot()))
        .findFirst()
        .or(() -> trail.named(request.getRoot()));
  }

  /** Whether anybody downloads, or is about to. */
  private boolean wanted() {
    Instant now = loop.now();
    return trail.wanted(now) || offers.stream().anyMatch(offer -> offer.wanted(now));
  }

  /** What newcomers make a donor hold is at most as much again as its state. */
  private long trailBytesMax() {
    return offers.isEmpty() ? 0 : offers.getFirst().bytes();
  }

  /** Lets go of former snapshots and steps that nobody downloads. */
  private void tidy() {
    Instant now = loop.now();
    Iterator<Offer> formers = offers.iterator();
    if (formers.hasNext()) {
      formers.next();
    }
    while (formers.hasNext()) {
      if (!formers.next().wanted(now)) {
        formers.remove();
      }
    }
    trail.tidy(wanted(), trailBytesMax());
    if (tidying != null) {
      tidying.cancel();
      tidying = null;
    }
    tidyLater();
  }

  /** Comes back while there is anything to let go of. */
  private void tidyLater() {
    if (tidying == null && (offers.size() > 1 || trail.size() > 1)) {
      tidying =
          loop.schedule(
              limits.placeLimit(),
              () -> {
                tidying = null;
                tidy();
              });
    }
  }
}
