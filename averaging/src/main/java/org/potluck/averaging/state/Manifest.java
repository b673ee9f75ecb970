package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.potluck.averaging.proto.StateManifestMessage;
import org.potluck.averaging.wire.FrameException;

/**
 * What a snapshot consists of: sizes, and the SHA-256 of every piece. Pieces are cut segment by
 * segment, so that none spans two.
 */
final class Manifest {
  static final int PIECE_BYTES = 1 << 20;
  static final int DIGEST_BYTES = 32;
  static final int PIECES_MAX = 1 << 17;
  private static final int SEGMENTS_MAX = 1024;

  private final StateManifestMessage message;
  private final byte[] digest;
  private final List<Piece> pieces;

  /** Where piece lies. */
  record Piece(int segment, long from, int bytes) {}

  private Manifest(StateManifestMessage message, List<Piece> pieces) {
    this.message = message;
    this.pieces = pieces;
    this.digest = sha256(ByteBuffer.wrap(message.toByteArray()));
  }

  static Manifest of(Snapshot snapshot) {
    List<Long> sizes = snapshot.segments().stream().map(MemorySegment::byteSize).toList();
    List<Piece> pieces = cut(sizes);
    ByteBuffer digests = ByteBuffer.allocate(pieces.size() * DIGEST_BYTES);
    for (Piece piece : pieces) {
      digests.put(sha256(bytes(snapshot.segments(), piece)));
    }
    return new Manifest(
        StateManifestMessage.newBuilder()
            .setEpoch(snapshot.epoch())
            .setMetadata(ByteString.copyFrom(snapshot.metadata()))
            .addAllSegmentBytes(sizes)
            .setPieceDigests(ByteString.copyFrom(digests.flip()))
            .build(),
        pieces);
  }

  /**
   * @throws FrameException when sizes and digests do not fit together or exceed {@code bytesMax}
   */
  static Manifest read(StateManifestMessage message, long bytesMax) throws FrameException {
    long total = 0;
    for (long size : message.getSegmentBytesList()) {
      if (size < 0 || size > bytesMax) {
        throw new FrameException("a snapshot with a segment of " + size + " bytes");
      }
      total += size;
    }
    if (message.getSegmentBytesCount() > SEGMENTS_MAX
        || total > bytesMax
        || total / PIECE_BYTES + SEGMENTS_MAX > PIECES_MAX
        || message.getMetadata().size() > Snapshot.METADATA_BYTES_MAX
        || message.getEpoch() < 0) {
      throw new FrameException("a snapshot of " + total + " bytes");
    }
    List<Piece> pieces = cut(message.getSegmentBytesList());
    if (message.getPieceDigests().size() != pieces.size() * DIGEST_BYTES) {
      throw new FrameException("digests for another number of pieces");
    }
    return new Manifest(message, pieces);
  }

  private static List<Piece> cut(List<Long> sizes) {
    List<Piece> pieces = new ArrayList<>();
    for (int segment = 0; segment < sizes.size(); segment++) {
      long size = sizes.get(segment);
      for (long from = 0; from < size; from += PIECE_BYTES) {
        pieces.add(new Piece(segment, from, (int) Math.min(PIECE_BYTES, size - from)));
      }
    }
    return pieces;
  }

  StateManifestMessage message() {
    return message;
  }

  long epoch() {
    return message.getEpoch();
  }

  byte[] metadata() {
    return message.getMetadata().toByteArray();
  }

  List<Long> segmentBytes() {
    return message.getSegmentBytesList();
  }

  /** Names the whole snapshot. */
  ByteString digest() {
    return ByteString.copyFrom(digest);
  }

  int pieces() {
    return pieces.size();
  }

  Piece piece(int number) {
    return pieces.get(number);
  }

  boolean matches(int number, ByteBuffer bytes) {
    byte[] wanted =
        message
            .getPieceDigests()
            .substring(number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES)
            .toByteArray();
    return bytes.remaining() == piece(number).bytes()
        && Arrays.equals(wanted, sha256(bytes.duplicate()));
  }

  static ByteBuffer bytes(List<MemorySegment> segments, Piece piece) {
    return segments.get(piece.segment()).asSlice(piece.from(), piece.bytes()).asByteBuffer();
  }

  private static byte[] sha256(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
