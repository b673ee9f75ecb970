package org.potluck.averaging.state;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.rpc.Rpc;

/**
 * Gives this peer's state to newcomers.
 *
 * <p>Offering costs nothing until somebody asks. A few peers at a time are sent chunks; others hear
 * when to come again. Averaging goes before: see {@link RightOfWay}. A former snapshot is kept
 * while somebody downloads it, but no more than {@link StateLimits#snapshotsKept} are held
 * altogether. All methods are called on the loop.
 */
public final class StateDonor {
  private final EventLoop loop;
  private final String run;
  private final StateLimits limits;

  /** Newest first. */
  private final Deque<Offer> offers = new ArrayDeque<>();

  private final Uploads uploads;
  private EventLoop.@Nullable Timer tidying;

  /** The same with the usual limits, for a peer that takes part in no rounds. */
  public StateDonor(Network network, Rpc rpc, String run) {
    this(network.loop(), rpc, run, StateLimits.usual(), RightOfWay.NOBODY);
  }

  /** Answers from now on, though with nothing before the first offer. */
  public StateDonor(EventLoop loop, Rpc rpc, String run, StateLimits limits, RightOfWay before) {
    this.loop = loop;
    this.run = run;
    this.limits = limits;
    this.uploads = new Uploads(loop, limits, before, this::find);
    rpc.serve(StateMethods.MANIFEST, (_, request) -> manifest(request));
    rpc.serve(StateMethods.CHUNKS, (_, answers) -> uploads.accept(answers));
  }

  /**
   * Offers {@code snapshot} in place of the former ones.
   *
   * @throws IllegalArgumentException when it has too many vectors or chunks for a manifest
   */
  public void offer(Snapshot snapshot) {
    offers.addFirst(new Offer(loop, snapshot, limits.chunkBytes()));
    while (offers.size() > limits.snapshotsKept()) {
      offers.removeLast();
    }
    tidy();
  }

  /** Offers nothing any more, as before leaving. */
  public void withdraw() {
    offers.clear();
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

  /** Whether the newest offer was hashed, or is about to be, because somebody asked for it. */
  boolean hashed() {
    return !offers.isEmpty() && offers.getFirst().hashed();
  }

  private CompletableFuture<StateManifestMessage> manifest(StateManifestRequest request) {
    if (!request.getRun().equals(run)
        || offers.isEmpty()
        || offers.getFirst().epoch() <= request.getNewerThanEpoch()) {
      return CompletableFuture.completedFuture(StateManifestMessage.getDefaultInstance());
    }
    Offer newest = offers.getFirst();
    newest.wantUntil(loop.now().plus(limits.placeLimit()));
    return newest.manifest().thenApply(Manifest::write);
  }

  private Optional<Offer> find(StateChunkRequest request) {
    return offers.stream()
        .filter(offer -> request.getRun().equals(run) && offer.named(request.getRoot()))
        .findFirst();
  }

  /** Lets go of former snapshots nobody downloads, and comes back while there are any. */
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
    if (tidying != null) {
      tidying.cancel();
      tidying = null;
    }
    if (offers.size() > 1) {
      tidying = loop.schedule(limits.placeLimit(), this::tidy);
    }
  }
}
