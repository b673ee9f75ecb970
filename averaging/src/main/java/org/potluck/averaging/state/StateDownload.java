package org.potluck.averaging.state;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.StateManifestMessage;
import org.potluck.averaging.proto.StateRequestMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;

/**
 * Fetches a snapshot from several donors at once.
 *
 * <p>Every donor is asked for its manifest. Once all have answered, or some time after the first,
 * the manifest that most donors share (of equally many the one of the later epoch) is the one to
 * fetch; those who share it serve pieces, a few requests each in flight. Pieces are hashed and
 * compared; a donor that sends a wrong one, falls silent or vanishes is left out and its pieces go
 * to the others. When donors have moved on the choice is made anew: pieces of the old snapshot
 * whose hash is unchanged stay.
 */
public final class StateDownload implements StateStream.Owner {
  private static final Duration DIAL_LIMIT = Duration.ofSeconds(5);
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(10);
  private static final Duration CHOOSE_AFTER = Duration.ofMillis(500);
  private static final int IN_FLIGHT = 3;

  private final Network network;
  private final long epochMin;
  private final long bytesMax;
  private final Map<StateStream, Donor> donors = new LinkedHashMap<>();
  private final CompletableFuture<Snapshot> done = new CompletableFuture<>();
  private final Deque<Integer> wanted = new ArrayDeque<>();
  private final BitSet have = new BitSet();
  private @Nullable Manifest chosen;
  private List<MemorySegment> segments = new ArrayList<>();
  private int unanswered;
  private boolean choosing;

  private static final class Donor {
    @Nullable Manifest manifest;
    final Set<Integer> asked = new LinkedHashSet<>();

    /** Requests that the donor will refuse like the one it has refused before them. */
    int refusals;

    Instant heard;

    Donor(Instant heard) {
      this.heard = heard;
    }
  }

  private StateDownload(Network network, long epochMin, long bytesMax) {
    this.network = network;
    this.epochMin = epochMin;
    this.bytesMax = bytesMax;
  }

  /**
   * @param candidates peers that may have a snapshot
   * @param epochMin an older snapshot is of no use
   * @param bytesMax a larger snapshot is refused
   * @param limit for the whole download
   * @return fails with {@link NetworkException} when no donor is left or time is up
   */
  public static CompletableFuture<Snapshot> start(
      Network network, List<PeerId> candidates, long epochMin, long bytesMax, Duration limit) {
    StateDownload download = new StateDownload(network, epochMin, bytesMax);
    download.begin(candidates);
    network
        .loop()
        .schedule(
            limit,
            () -> download.fail(NetworkException.Reason.TIMED_OUT, "download took too long"));
    return download.done;
  }

  private void begin(List<PeerId> candidates) {
    unanswered = candidates.size();
    for (PeerId peer : candidates) {
      var _ =
          network
              .open(peer, StateStream.PROTOCOL, DIAL_LIMIT)
              .whenComplete(
                  (stream, failure) -> {
                    if (failure != null) {
                      answered();
                      return;
                    }
                    StateStream donor = new StateStream(stream, this);
                    if (done.isDone()) {
                      donor.reset();
                      return;
                    }
                    donors.put(donor, new Donor(network.loop().now()));
                    request(donor, StateRequestMessage.newBuilder().setEpoch(epochMin).build());
                  });
    }
    if (candidates.isEmpty()) {
      fail(NetworkException.Reason.UNREACHABLE, "nobody to download the model from");
    }
    watchLater();
  }

  private static void request(StateStream donor, StateRequestMessage message) {
    donor.stream.write(Frames.of(FrameKind.STATE_REQUEST, message));
  }

  private void answered() {
    unanswered--;
    chooseWhenAnswered();
  }

  private void chooseWhenAnswered() {
    if (unanswered <= 0 && !done.isDone()) {
      choose();
    } else if (!choosing) {
      choosing = true;
      network
          .loop()
          .schedule(
              CHOOSE_AFTER,
              () -> {
                choosing = false;
                boolean any = donors.values().stream().anyMatch(donor -> donor.manifest != null);
                if (!done.isDone() && chosen == null && any) {
                  choose();
                }
              });
    }
  }

  private void choose() {
    Manifest current = chosen;
    if (current != null && serves(current)) {
      ask();
      return;
    }
    Manifest best = null;
    long bestVotes = 0;
    for (Donor donor : donors.values()) {
      Manifest manifest = donor.manifest;
      if (manifest == null) {
        continue;
      }
      long votes = donors.values().stream().filter(other -> same(other.manifest, manifest)).count();
      boolean better =
          best == null
              || votes > bestVotes
              || (votes == bestVotes && manifest.epoch() > best.epoch());
      if (better) {
        best = manifest;
        bestVotes = votes;
      }
    }
    if (best == null) {
      if (unanswered <= 0 && donors.isEmpty()) {
        fail(NetworkException.Reason.UNREACHABLE, "no peer could give us the model");
      }
      return;
    }
    adopt(best);
    ask();
  }

  private boolean serves(Manifest manifest) {
    return donors.values().stream().anyMatch(donor -> same(donor.manifest, manifest));
  }

  private static boolean same(@Nullable Manifest one, Manifest other) {
    return one != null && one.digest().equals(other.digest());
  }

  private void adopt(Manifest manifest) {
    Manifest old = chosen;
    boolean fits = old != null && old.segmentBytes().equals(manifest.segmentBytes());
    if (!fits) {
      have.clear();
      segments = new ArrayList<>();
      for (long size : manifest.segmentBytes()) {
        segments.add(Arena.ofAuto().allocate(Math.max(1, size), 64).asSlice(0, size));
      }
    }
    chosen = manifest;
    wanted.clear();
    for (int piece = 0; piece < manifest.pieces(); piece++) {
      boolean kept =
          have.get(piece)
              && manifest.matches(piece, Manifest.bytes(segments, manifest.piece(piece)));
      have.set(piece, kept);
      if (!kept) {
        wanted.add(piece);
      }
    }
    donors.values().forEach(donor -> donor.asked.clear());
    finishWhenComplete();
  }

  private void ask() {
    Manifest manifest = chosen;
    if (manifest == null || done.isDone()) {
      return;
    }
    for (Map.Entry<StateStream, Donor> entry : donors.entrySet()) {
      Donor donor = entry.getValue();
      while (same(donor.manifest, manifest) && donor.asked.size() < IN_FLIGHT) {
        Integer piece = wanted.poll();
        if (piece == null) {
          return;
        }
        if (donor.asked.isEmpty()) {
          donor.heard = network.loop().now();
        }
        donor.asked.add(piece);
        request(
            entry.getKey(),
            StateRequestMessage.newBuilder()
                .setManifestDigest(manifest.digest())
                .setPiece(piece)
                .build());
      }
    }
  }

  @Override
  public void frame(StateStream stream, Frame frame) throws FrameException {
    Donor donor = donors.get(stream);
    if (donor == null || done.isDone()) {
      return;
    }
    donor.heard = network.loop().now();
    switch (frame.kind()) {
      case STATE_MANIFEST -> {
        boolean first = donor.manifest == null;
        donor.manifest = Manifest.read(frame.parse(StateManifestMessage.parser()), bytesMax);
        if (donor.manifest.epoch() < epochMin) {
          throw new FrameException("an old snapshot");
        }
        if (first) {
          answered();
        }
        chooseWhenAnswered();
      }
      case STATE_PIECE -> piece(donor, frame.body());
      case STATE_REFUSED -> movedOn(stream, donor);
      default -> throw new FrameException(frame.kind() + " from a donor");
    }
  }

  private void piece(Donor donor, ByteBuffer body) throws FrameException {
    Manifest manifest = chosen;
    int number = body.remaining() < Integer.BYTES ? -1 : body.getInt();
    if (manifest == null || !donor.asked.contains(number)) {
      return;
    }
    ByteBuffer bytes = body.slice();
    if (!manifest.matches(number, bytes)) {
      throw new FrameException("piece " + number + " has another hash");
    }
    donor.asked.remove(number);
    Manifest.bytes(segments, manifest.piece(number)).put(bytes);
    have.set(number);
    finishWhenComplete();
    ask();
  }

  /** A donor that has another snapshot by now is asked once what it has; others are let go. */
  private void movedOn(StateStream stream, Donor donor) {
    if (donor.refusals > 0) {
      donor.refusals--;
      return;
    }
    if (donor.manifest == null || donor.asked.isEmpty()) {
      stream.reset();
      leave(stream);
      return;
    }
    donor.refusals = donor.asked.size() - 1;
    wanted.addAll(donor.asked);
    donor.asked.clear();
    donor.manifest = null;
    unanswered++;
    request(stream, StateRequestMessage.newBuilder().setEpoch(epochMin).build());
    chooseWhenAnswered();
    ask();
  }

  @Override
  public void over(StateStream stream) {
    leave(stream);
  }

  private void leave(StateStream stream) {
    Donor donor = donors.remove(stream);
    if (donor == null || done.isDone()) {
      return;
    }
    wanted.addAll(donor.asked);
    if (donor.manifest == null) {
      unanswered--;
    }
    if (donors.isEmpty() && unanswered <= 0) {
      fail(NetworkException.Reason.UNREACHABLE, "no peer could give us the model");
      return;
    }
    chooseWhenAnswered();
    ask();
  }

  private void watchLater() {
    network
        .loop()
        .schedule(
            SILENCE_LIMIT.dividedBy(2),
            () -> {
              if (done.isDone()) {
                return;
              }
              Instant limit = network.loop().now().minus(SILENCE_LIMIT);
              for (Map.Entry<StateStream, Donor> entry : List.copyOf(donors.entrySet())) {
                Donor donor = entry.getValue();
                boolean owes = donor.manifest == null || !donor.asked.isEmpty();
                if (owes && donor.heard.isBefore(limit)) {
                  entry.getKey().reset();
                  leave(entry.getKey());
                }
              }
              watchLater();
            });
  }

  private void finishWhenComplete() {
    Manifest manifest = chosen;
    if (manifest != null && have.cardinality() == manifest.pieces() && !done.isDone()) {
      Snapshot snapshot = new Snapshot(manifest.epoch(), segments, manifest.metadata());
      donors.keySet().forEach(StateStream::close);
      done.complete(snapshot);
    }
  }

  private void fail(NetworkException.Reason reason, String message) {
    if (!done.isDone()) {
      donors.keySet().forEach(StateStream::reset);
      done.completeExceptionally(new NetworkException(reason, message));
    }
  }
}
