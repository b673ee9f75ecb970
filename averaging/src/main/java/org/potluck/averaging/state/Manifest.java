package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Sha256;

/**
 * What a snapshot consists of, with the hash of every chunk.
 *
 * @param root names the manifest: a hash of everything in it, computed by who reads it
 */
record Manifest(
    long epoch,
    String digest,
    ChunkLayout layout,
    ByteString hashes,
    ByteString metadata,
    ByteString root) {
  static final int CHUNK_BYTES_MAX = 1 << 20;
  static final int CHUNKS_MAX = 1 << 16;
  static final int VECTORS_MAX = 4096;
  static final int DIGEST_CHARS_MAX = 256;
  static final int METADATA_BYTES_MAX = 1 << 20;

  static Manifest of(
      long epoch, String digest, ChunkLayout layout, ByteString hashes, ByteString metadata) {
    byte[] text = digest.getBytes(StandardCharsets.UTF_8);
    MessageDigest sha = Sha256.begin();
    sha.update(longs(epoch, text.length));
    sha.update(text);
    sha.update(longs(layout.chunkBytes(), layout.vectorBytes().size()));
    for (long bytes : layout.vectorBytes()) {
      sha.update(longs(bytes));
    }
    sha.update(hashes.asReadOnlyByteBuffer());
    sha.update(longs(metadata.size()));
    sha.update(metadata.asReadOnlyByteBuffer());
    return new Manifest(epoch, digest, layout, hashes, metadata, ByteString.copyFrom(sha.digest()));
  }

  /**
   * Checks what a donor says before anything is allocated for it.
   *
   * @throws NetworkException when it is absurd, or larger than {@code bytesMax}
   */
  static Manifest read(StateManifestMessage message, long bytesMax) throws NetworkException {
    if (message.getEpoch() < 0
        || message.getChunkBytes() < 1
        || message.getChunkBytes() > CHUNK_BYTES_MAX
        || message.getVectorBytesCount() > VECTORS_MAX
        || message.getDigest().length() > DIGEST_CHARS_MAX
        || message.getMetadata().size() > METADATA_BYTES_MAX) {
      throw new NetworkException(Reason.PROTOCOL_VIOLATION, "the manifest makes no sense");
    }
    List<Long> vectorBytes = List.copyOf(message.getVectorBytesList());
    long total = 0;
    for (long bytes : vectorBytes) {
      if (bytes < 0) {
        throw new NetworkException(Reason.PROTOCOL_VIOLATION, "a vector of negative size");
      }
      if (bytes > bytesMax - total) {
        throw new NetworkException(
            Reason.TOO_LARGE, "the state takes more than the allowed " + bytesMax + " bytes");
      }
      total += bytes;
    }
    ChunkLayout layout = new ChunkLayout(message.getChunkBytes(), vectorBytes);
    if (layout.chunks() > CHUNKS_MAX) {
      throw new NetworkException(
          Reason.TOO_LARGE, "the manifest has " + layout.chunks() + " chunks");
    }
    if (message.getChunkHashes().size() != layout.chunks() * Sha256.BYTES) {
      throw new NetworkException(
          Reason.PROTOCOL_VIOLATION, "the manifest lacks hashes, or has too many");
    }
    return of(
        message.getEpoch(),
        message.getDigest(),
        layout,
        message.getChunkHashes(),
        message.getMetadata());
  }

  StateManifestMessage write() {
    return StateManifestMessage.newBuilder()
        .setAvailable(true)
        .setEpoch(epoch)
        .setDigest(digest)
        .setChunkBytes(layout.chunkBytes())
        .addAllVectorBytes(layout.vectorBytes())
        .setChunkHashes(hashes)
        .setMetadata(metadata)
        .build();
  }

  /** Whether {@code data} is what the manifest promises of chunk {@code index}. */
  boolean vouchesFor(int index, ByteString data) {
    if (data.size() != layout.chunk(index).bytes()) {
      return false;
    }
    MessageDigest sha = Sha256.begin();
    sha.update(data.asReadOnlyByteBuffer());
    int at = index * Sha256.BYTES;
    return hashes.substring(at, at + Sha256.BYTES).equals(ByteString.copyFrom(sha.digest()));
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }
}
