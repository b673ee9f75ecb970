package org.potluck.averaging.state;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.StateRefusedMessage;
import org.potluck.averaging.proto.StateRequestMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Network;
import org.potluck.network.Stream;

/**
 * Gives this peer's newest snapshot to whoever asks, to a few at a time. A request is for one piece
 * and answered when the stream takes it, so that a slow reader costs one piece of memory.
 */
public final class StateDonor implements StateStream.Owner {
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

  private final Set<StateStream> guests = new LinkedHashSet<>();
  private final int guestsMax;
  private @Nullable Snapshot snapshot;
  private @Nullable Manifest manifest;

  /**
   * @param guestsMax how many may download at the same time; others are refused
   */
  public StateDonor(Network network, int guestsMax) {
    this.guestsMax = guestsMax;
    network.handle(StateStream.PROTOCOL, this::accept);
  }

  /** Offers {@code newest} from now on, instead of an earlier one. Hashes it on the caller. */
  public void offer(Snapshot newest) {
    manifest = Manifest.of(newest);
    snapshot = newest;
  }

  private void accept(Stream stream) {
    StateStream guest = new StateStream(stream, this);
    stream.idleLimit(IDLE_LIMIT);
    if (guests.size() >= guestsMax) {
      refuse(guest, "busy");
      guest.close();
    } else {
      guests.add(guest);
    }
  }

  @Override
  public void frame(StateStream guest, Frame frame) throws FrameException {
    if (frame.kind() != FrameKind.STATE_REQUEST) {
      throw new FrameException(frame.kind() + " to a donor");
    }
    StateRequestMessage request = frame.parse(StateRequestMessage.parser());
    Snapshot current = snapshot;
    Manifest offered = manifest;
    if (current == null || offered == null || offered.epoch() < request.getEpoch()) {
      refuse(guest, "no snapshot of that epoch");
    } else if (request.getManifestDigest().isEmpty()) {
      guest.stream.write(Frames.of(FrameKind.STATE_MANIFEST, offered.message()));
    } else if (!request.getManifestDigest().equals(offered.digest())) {
      refuse(guest, "has moved on to epoch " + offered.epoch());
    } else {
      int number = request.getPiece();
      if (number < 0 || number >= offered.pieces()) {
        throw new FrameException("asks for piece " + number);
      }
      if (!guest.stream.writable() && guest.stream.queuedBytes() > 4L * Manifest.PIECE_BYTES) {
        throw new FrameException("asks for more than it takes");
      }
      ByteBuffer bytes = Manifest.bytes(current.segments(), offered.piece(number));
      guest.stream.write(
          Frames.begin(FrameKind.STATE_PIECE, Integer.BYTES + bytes.remaining())
              .putInt(number)
              .put(bytes)
              .flip());
    }
  }

  private static void refuse(StateStream guest, String reason) {
    guest.stream.write(
        Frames.of(
            FrameKind.STATE_REFUSED, StateRefusedMessage.newBuilder().setReason(reason).build()));
  }

  @Override
  public void over(StateStream guest) {
    guests.remove(guest);
  }
}
