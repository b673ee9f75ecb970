package org.potluck.averaging.state;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.MessageReceiver;
import org.potluck.network.rpc.MessageStream;

/**
 * Sends chunks to those who have places at this donor, in turns, a piece to each.
 *
 * <p>Pieces are small, and few are queued: what is queued when a round begins is in its way. While
 * one is under way a piece goes out only where {@link Allowance} lets it.
 */
final class Uploads implements Upload.Owner {
  /** How soon the end of a round is noticed. */
  private static final Duration WHILE_AVERAGING = Duration.ofMillis(100);

  /** How often queues are filled up that are kept shorter than streams would take. */
  private static final Duration WHILE_QUEUED = Duration.ofMillis(10);

  /** What is queued takes so long to send, as far as the uplink is known. */
  private static final double QUEUED_SECONDS = 0.025;

  /** How often the whole state may be fetched in one go, while others wait. */
  private static final int TIMES_MAX = 2;

  private final EventLoop loop;
  private final StateLimits limits;
  private final RightOfWay before;
  private final Function<StateChunkRequest, Optional<Offer>> offers;
  private final Predicate<PeerId> refused;
  private final Admissions admissions;

  /** Who is about to be where the others are does not stand behind those who begin. */
  private final Admissions stepAdmissions;

  private final Allowance allowance = new Allowance();

  /** Those with a place; whose turn it is comes first. */
  private final Map<PeerId, Upload> uploads = new LinkedHashMap<>();

  private EventLoop.@Nullable Timer looking;
  private EventLoop.@Nullable Timer sweeping;
  private boolean pumping;

  Uploads(
      EventLoop loop,
      StateLimits limits,
      RightOfWay before,
      Function<StateChunkRequest, Optional<Offer>> offers,
      Predicate<PeerId> refused) {
    this.loop = loop;
    this.limits = limits;
    this.before = before;
    this.offers = offers;
    this.refused = refused;
    this.admissions = new Admissions(limits.downloadsMax(), limits.retryDelay());
    this.stepAdmissions = new Admissions(limits.downloadsMax(), limits.retryDelay());
  }

  MessageReceiver<StateChunkRequest> accept(MessageStream<StateChunkMessage> stream) {
    stream.idleLimit(Duration.ofDays(1)); // Who waits for chunks says nothing.
    return new Upload(stream, this);
  }

  /** How many have places. */
  int count() {
    return uploads.size();
  }

  /** Ends them all. */
  void end() {
    for (Upload upload : new ArrayList<>(uploads.values())) {
      drop(upload);
      upload.end();
    }
  }

  @Override
  public Optional<Offer> find(Upload upload, StateChunkRequest request) {
    return refused.test(upload.stream().remote()) ? Optional.empty() : offers.apply(request);
  }

  @Override
  public Optional<Duration> admit(Upload upload, Offer offer) {
    PeerId peer = upload.stream().remote();
    Upload former = uploads.get(peer);
    if (former == upload) {
      return Optional.empty();
    }
    Optional<Duration> wait = (offer.step() ? stepAdmissions : admissions).admit(peer, loop.now());
    if (wait.isEmpty()) {
      uploads.put(peer, upload);
      if (former != null) {
        former.end(); // It was started again.
      }
      sweepLater();
    }
    return wait;
  }

  @Override
  public void closed(Upload upload) {
    drop(upload);
  }

  @Override
  public Instant now() {
    return loop.now();
  }

  @Override
  public void ready() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (sendOne()) {}
    } finally {
      pumping = false;
    }
  }

  /** Sends one piece to whoever's turn it is. */
  private boolean sendOne() {
    long queuedMax = queuedBytesMax();
    for (Map.Entry<PeerId, Upload> entry : uploads.entrySet()) {
      Upload upload = entry.getValue();
      if (upload.ready() && upload.stream().queuedBytes() >= queuedMax) {
        lookLater(WHILE_QUEUED);
      } else if (upload.ready()) {
        if (!mayPass()) {
          lookLater(WHILE_AVERAGING);
          return false;
        }
        PeerId peer = entry.getKey();
        uploads.remove(peer);
        uploads.put(peer, upload);
        upload.send(limits.pieceBytes(), loop.now().plus(limits.placeLimit()));
        return true;
      }
    }
    return false;
  }

  /** For each stream; one that is not taken from must not be in the way of the others. */
  private long queuedBytesMax() {
    double uplink = before.upload().get().bytesPerSecond();
    return uplink == 0
        ? Long.MAX_VALUE
        : Math.max(limits.pieceBytes(), (long) (QUEUED_SECONDS * uplink / uploads.size()));
  }

  private boolean mayPass() {
    return !before.averaging().getAsBoolean()
        || allowance.take(limits.pieceBytes(), before.upload().get().bytesPerSecond(), loop.now());
  }

  private void lookLater(Duration delay) {
    if (looking == null) {
      looking =
          loop.schedule(
              delay,
              () -> {
                looking = null;
                ready();
              });
    }
  }

  private void sweepLater() {
    if (sweeping == null) {
      sweeping =
          loop.schedule(
              limits.placeLimit(),
              () -> {
                sweeping = null;
                sweep();
              });
    }
  }

  /** Takes places away from those who do nothing with them, have had enough, or are refused now. */
  private void sweep() {
    Instant now = loop.now();
    for (Upload upload : new ArrayList<>(uploads.values())) {
      boolean others = admissions.wanted(now) || stepAdmissions.wanted(now);
      boolean enough = others && upload.sent() > TIMES_MAX * limits.bytesMax();
      boolean barred = refused.test(upload.stream().remote());
      if (upload.idle(now, limits.placeLimit()) || enough || barred) {
        drop(upload);
        upload.end();
      }
    }
    if (!uploads.isEmpty()) {
      sweepLater();
    }
  }

  private void drop(Upload upload) {
    PeerId peer = upload.stream().remote();
    if (uploads.remove(peer, upload)) {
      admissions.left(peer, loop.now());
      stepAdmissions.left(peer, loop.now());
    }
  }
}
