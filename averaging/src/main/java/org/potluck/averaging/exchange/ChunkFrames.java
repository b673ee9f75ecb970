package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * How chunks lie in frames: CRC-32C of all that follows and chunk number, four bytes each,
 * big-endian; for averages their version, eight bytes; for averages and means that are carried on
 * the weight they were taken over, as float64; for signed contributions the signature, 64 bytes;
 * then the payload. Evidence is the place of who brought it in the group, four bytes, its signature
 * and the payload.
 */
final class ChunkFrames {
  private static final int CONTRIBUTION_HEADER_BYTES = 2 * Integer.BYTES;
  private static final int CARRIED_HEADER_BYTES = CONTRIBUTION_HEADER_BYTES + Double.BYTES;
  private static final int AVERAGE_HEADER_BYTES = CARRIED_HEADER_BYTES + Long.BYTES;
  private static final int SIGNED_HEADER_BYTES = CONTRIBUTION_HEADER_BYTES + Signatures.BYTES;
  private static final int EVIDENCE_HEADER_BYTES = Integer.BYTES + Signatures.BYTES;
  private static final ByteBuffer UNSIGNED = ByteBuffer.allocate(0);

  private ChunkFrames() {}

  /**
   * A chunk; {@code version} and {@code weight} are zero, and {@code signature} is empty, where the
   * kind has none.
   */
  record Chunk(int number, long version, double weight, ByteBuffer signature, ByteBuffer payload) {}

  /** What {@code member} is said to have brought. */
  record Shown(int member, ByteBuffer signature, ByteBuffer payload) {}

  /** Bytes of a body with a payload of {@code payloadBytes}. */
  static int bodyBytes(FrameKind kind, int payloadBytes) {
    return headerBytes(kind) + payloadBytes;
  }

  /** A whole frame; empty when not all of its values are finite. */
  static Optional<ByteBuffer> contribution(
      int chunk, Codec codec, MemorySegment vector, long from, int values) {
    int bytes = bodyBytes(FrameKind.CONTRIBUTION, codec.encodedBytes(values));
    ByteBuffer frame = Frames.begin(FrameKind.CONTRIBUTION, bytes);
    frame.putInt(0).putInt(chunk);
    boolean finite = codec.encode(vector, from, values, frame);
    frame.flip();
    seal(frame.slice(Frames.HEADER_BYTES, bytes));
    return finite ? Optional.of(frame) : Optional.empty();
  }

  /** A whole frame of a chunk that its sender signs; empty when not all values are finite. */
  static Optional<ByteBuffer> signed(
      int chunk, Signatures signatures, Codec codec, MemorySegment vector, long from, int values) {
    int payload = codec.encodedBytes(values);
    int bytes = bodyBytes(FrameKind.SIGNED, payload);
    ByteBuffer frame = Frames.begin(FrameKind.SIGNED, bytes);
    frame.putInt(0).putInt(chunk);
    int at = frame.position();
    frame.position(at + Signatures.BYTES);
    if (!codec.encode(vector, from, values, frame)) {
      return Optional.empty();
    }
    frame.flip();
    frame.put(at, signatures.sign(chunk, frame.slice(at + Signatures.BYTES, payload)));
    seal(frame.slice(Frames.HEADER_BYTES, bytes));
    return Optional.of(frame);
  }

  /** What goes before the payload in a frame of evidence. */
  static ByteBuffer evidenceHeader(int member, ByteBuffer signature, int payloadBytes) {
    return ByteBuffer.allocate(Frames.HEADER_BYTES + EVIDENCE_HEADER_BYTES)
        .put(Frames.header(FrameKind.EVIDENCE, EVIDENCE_HEADER_BYTES + payloadBytes))
        .putInt(member)
        .put(signature.duplicate())
        .flip();
  }

  /**
   * The evidence in the body of a frame.
   *
   * @throws FrameException when the body is too short
   */
  static Shown readEvidence(ByteBuffer body) throws FrameException {
    if (body.remaining() < EVIDENCE_HEADER_BYTES) {
      throw new FrameException("EVIDENCE too short");
    }
    ByteBuffer in = body.duplicate();
    int member = in.getInt();
    return new Shown(member, signature(in), in.slice());
  }

  /** A whole frame of a chunk that is a mean over {@code weight}; empty when it is not finite. */
  static Optional<ByteBuffer> carried(
      int chunk, double weight, Codec codec, MemorySegment vector, long from, int values) {
    int bytes = bodyBytes(FrameKind.CARRIED, codec.encodedBytes(values));
    ByteBuffer frame = Frames.begin(FrameKind.CARRIED, bytes);
    frame.putInt(0).putInt(chunk).putDouble(weight);
    boolean finite = codec.encode(vector, from, values, frame);
    frame.flip();
    seal(frame.slice(Frames.HEADER_BYTES, bytes));
    return finite ? Optional.of(frame) : Optional.empty();
  }

  /** The body of a frame; empty when not all values of the mean are finite. */
  static Optional<ByteBuffer> average(
      int chunk, long version, double weight, Codec codec, MemorySegment mean, int values) {
    int bytes = bodyBytes(FrameKind.AVERAGE, codec.encodedBytes(values));
    ByteBuffer body = ByteBuffer.allocate(bytes);
    body.putInt(0).putInt(chunk).putLong(version).putDouble(weight);
    boolean finite = codec.encode(mean, 0, values, body);
    body.flip();
    seal(body);
    return finite ? Optional.of(body) : Optional.empty();
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
    ByteBuffer signature = kind == FrameKind.SIGNED ? signature(in) : UNSIGNED;
    return new Chunk(number, version, weight, signature, in.slice());
  }

  private static ByteBuffer signature(ByteBuffer in) {
    ByteBuffer signature = in.slice(in.position(), Signatures.BYTES);
    in.position(in.position() + Signatures.BYTES);
    return signature;
  }

  private static int headerBytes(FrameKind kind) {
    return switch (kind) {
      case AVERAGE -> AVERAGE_HEADER_BYTES;
      case CARRIED -> CARRIED_HEADER_BYTES;
      case SIGNED -> SIGNED_HEADER_BYTES;
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
