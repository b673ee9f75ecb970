package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * How chunks lie in frames: chunk number and CRC-32C of the payload, four bytes each, big-endian;
 * for averages the weight they were taken over, as float64; then the payload.
 */
final class ChunkFrames {
  private static final int CONTRIBUTION_HEADER_BYTES = 2 * Integer.BYTES;
  private static final int AVERAGE_HEADER_BYTES = CONTRIBUTION_HEADER_BYTES + Double.BYTES;

  private ChunkFrames() {}

  /** A chunk that arrived; {@code weight} is zero for contributions. */
  record Chunk(int number, double weight, ByteBuffer payload) {}

  static ByteBuffer contribution(int chunk, ByteBuffer payload) {
    return Frames.begin(FrameKind.CONTRIBUTION, CONTRIBUTION_HEADER_BYTES + payload.remaining())
        .putInt(chunk)
        .putInt(checksum(payload))
        .put(payload.duplicate())
        .flip();
  }

  static ByteBuffer average(int chunk, ByteBuffer payload, double weight) {
    return Frames.begin(FrameKind.AVERAGE, AVERAGE_HEADER_BYTES + payload.remaining())
        .putInt(chunk)
        .putInt(checksum(payload))
        .putDouble(weight)
        .put(payload.duplicate())
        .flip();
  }

  /**
   * @param chunks how many chunks there are
   * @throws FrameException when the body is no chunk, or damaged
   */
  static Chunk read(FrameKind kind, ByteBuffer body, int chunks) throws FrameException {
    boolean average = kind == FrameKind.AVERAGE;
    if (body.remaining() < (average ? AVERAGE_HEADER_BYTES : CONTRIBUTION_HEADER_BYTES)) {
      throw new FrameException(kind + " too short");
    }
    int number = body.getInt();
    int checksum = body.getInt();
    double weight = average ? body.getDouble() : 0;
    if (number < 0 || number >= chunks) {
      throw new FrameException(kind + " of chunk " + number + " of " + chunks);
    }
    if (average && !(weight > 0 && Double.isFinite(weight))) {
      throw new FrameException("average over weight " + weight);
    }
    ByteBuffer payload = body.slice();
    if (checksum != checksum(payload)) {
      throw new FrameException(kind + " of chunk " + number + " is damaged");
    }
    return new Chunk(number, weight, payload);
  }

  private static int checksum(ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }
}
