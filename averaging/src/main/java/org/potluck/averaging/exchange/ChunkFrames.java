package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * How chunks lie in frames: CRC-32C of all that follows and chunk number, four bytes each,
 * big-endian; for averages their version, eight bytes; for averages and means that are carried on
 * the weight they were taken over, as float64; then the payload.
 */
final class ChunkFrames {
  private static final int CONTRIBUTION_HEADER_BYTES = 2 * Integer.BYTES;
  private static final int CARRIED_HEADER_BYTES = CONTRIBUTION_HEADER_BYTES + Double.BYTES;
  private static final int AVERAGE_HEADER_BYTES = CARRIED_HEADER_BYTES + Long.BYTES;

  private ChunkFrames() {}

  /** A chunk; {@code version} and {@code weight} are zero where the kind has none. */
  record Chunk(int number, long version, double weight, ByteBuffer payload) {}

  /** Bytes of a body with a payload of {@code payloadBytes}. */
  static int bodyBytes(FrameKind kind, int payloadBytes) {
    return headerBytes(kind) + payloadBytes;
  }

  /** A whole frame. */
  static ByteBuffer contribution(
      int chunk, Codec codec, MemorySegment vector, long from, int values) {
    int bytes = bodyBytes(FrameKind.CONTRIBUTION, codec.encodedBytes(values));
    ByteBuffer frame = Frames.begin(FrameKind.CONTRIBUTION, bytes);
    frame.putInt(0).putInt(chunk);
    codec.encode(vector, from, values, frame);
    frame.flip();
    seal(frame.slice(Frames.HEADER_BYTES, bytes));
    return frame;
  }

  /** A whole frame of a chunk that is a mean over {@code weight}. */
  static ByteBuffer carried(
      int chunk, double weight, Codec codec, MemorySegment vector, long from, int values) {
    int bytes = bodyBytes(FrameKind.CARRIED, codec.encodedBytes(values));
    ByteBuffer frame = Frames.begin(FrameKind.CARRIED, bytes);
    frame.putInt(0).putInt(chunk).putDouble(weight);
    codec.encode(vector, from, values, frame);
    frame.flip();
    seal(frame.slice(Frames.HEADER_BYTES, bytes));
    return frame;
  }

  /** The body of a frame. */
  static ByteBuffer average(
      int chunk, long version, double weight, Codec codec, MemorySegment mean, int values) {
    int bytes = bodyBytes(FrameKind.AVERAGE, codec.encodedBytes(values));
    ByteBuffer body = ByteBuffer.allocate(bytes);
    body.putInt(0).putInt(chunk).putLong(version).putDouble(weight);
    codec.encode(mean, 0, values, body);
    body.flip();
    seal(body);
    return body;
  }

  /**
   * @param chunks how many chunks there are
   * @throws FrameException when the body is no chunk, or damaged
   */
  static Chunk read(FrameKind kind, ByteBuffer body, int chunks) throws FrameException {
    if (body.remaining() < headerBytes(kind)) {
      throw new FrameException(kind + " too short");
    }
    ByteBuffer rest = body.slice(body.position() + Integer.BYTES, body.remaining() - Integer.BYTES);
    if (body.getInt(body.position()) != checksum(rest)) {
      throw new FrameException(kind + " is damaged");
    }
    Chunk chunk = parse(kind, body);
    if (chunk.number < 0 || chunk.number >= chunks) {
      throw new FrameException(kind + " of chunk " + chunk.number + " of " + chunks);
    }
    boolean weighs = kind == FrameKind.AVERAGE || kind == FrameKind.CARRIED;
    if (weighs && !(chunk.weight > 0 && Double.isFinite(chunk.weight))) {
      throw new FrameException(kind + " over weight " + chunk.weight);
    }
    return chunk;
  }

  /** The chunk in a body of our own making, or one that has been read before. */
  static Chunk parse(FrameKind kind, ByteBuffer body) {
    ByteBuffer in = body.duplicate().position(body.position() + Integer.BYTES);
    int number = in.getInt();
    boolean average = kind == FrameKind.AVERAGE;
    long version = average ? in.getLong() : 0;
    double weight = average || kind == FrameKind.CARRIED ? in.getDouble() : 0;
    return new Chunk(number, version, weight, in.slice());
  }

  private static int headerBytes(FrameKind kind) {
    return switch (kind) {
      case AVERAGE -> AVERAGE_HEADER_BYTES;
      case CARRIED -> CARRIED_HEADER_BYTES;
      default -> CONTRIBUTION_HEADER_BYTES;
    };
  }

  private static void seal(ByteBuffer body) {
    body.putInt(0, checksum(body.slice(Integer.BYTES, body.limit() - Integer.BYTES)));
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
