package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.ChunkLayout.Chunk;
import org.potluck.network.EventLoop;
import org.potluck.network.Sha256;

/**
 * A snapshot that a donor offers, hashed when somebody first asks.
 *
 * <p>Hashing goes a few chunks at a time, so that the loop does other things in between.
 */
final class Offer {
  private static final int CHUNKS_PER_TURN = 4;

  private final EventLoop loop;
  private final Snapshot snapshot;
  private final ChunkLayout layout;
  private final boolean step;
  private @Nullable CompletableFuture<Manifest> hashing;
  private @Nullable Manifest manifest;
  private Instant wantedUntil = Instant.MIN;

  Offer(EventLoop loop, Snapshot snapshot, int chunkBytes) {
    this(loop, snapshot, chunkBytes, false);
  }

  /** Of the bytes of a step instead of a whole state. */
  static Offer ofStep(EventLoop loop, Snapshot snapshot, int chunkBytes) {
    return new Offer(loop, snapshot, chunkBytes, true);
  }

  private Offer(EventLoop loop, Snapshot snapshot, int chunkBytes, boolean step) {
    this.loop = loop;
    this.step = step;
    this.snapshot = snapshot;
    this.layout =
        new ChunkLayout(
            chunkBytes, snapshot.vectors().stream().map(MemorySegment::byteSize).toList());
    if (layout.chunks() > Manifest.CHUNKS_MAX || snapshot.vectors().size() > Manifest.VECTORS_MAX) {
      throw new IllegalArgumentException("a snapshot too large to be offered");
    }
  }

  long epoch() {
    return snapshot.epoch();
  }

  /** Whether this is no state, but what leads to one. */
  boolean step() {
    return step;
  }

  /** Bytes of all of it. */
  long bytes() {
    return snapshot.bytes();
  }

  /** Notes that somebody downloads this, and may go on until {@code instant}. */
  void wantUntil(Instant instant) {
    wantedUntil = instant;
  }

  boolean wanted(Instant now) {
    return now.isBefore(wantedUntil);
  }

  CompletableFuture<Manifest> manifest() {
    CompletableFuture<Manifest> asked = hashing;
    if (asked == null) {
      asked = new CompletableFuture<>();
      hashing = asked;
      hash(0, new byte[(int) layout.chunks() * Sha256.BYTES], asked);
    }
    return asked;
  }

  /** Whether somebody has asked for the manifest. */
  boolean hashed() {
    return hashing != null;
  }

  boolean named(ByteString root) {
    return manifest != null && manifest.root().equals(root);
  }

  int chunks() {
    return (int) layout.chunks();
  }

  int chunkBytes(int index) {
    return layout.chunk(index).bytes();
  }

  /** A part of chunk {@code index}. */
  ByteString piece(int index, int from, int bytes) {
    return UnsafeByteOperations.unsafeWrap(copy(layout.chunk(index), from, bytes));
  }

  private byte[] copy(Chunk chunk, int from, int bytes) {
    byte[] data = new byte[bytes];
    MemorySegment.copy(
        snapshot.vectors().get(chunk.vector()),
        ValueLayout.JAVA_BYTE,
        chunk.offset() + from,
        data,
        0,
        bytes);
    return data;
  }

  private void hash(int from, byte[] hashes, CompletableFuture<Manifest> asked) {
    int to = Math.min(from + CHUNKS_PER_TURN, chunks());
    for (int i = from; i < to; i++) {
      byte[] hash = Sha256.begin().digest(copy(layout.chunk(i), 0, chunkBytes(i)));
      System.arraycopy(hash, 0, hashes, i * Sha256.BYTES, Sha256.BYTES);
    }
    if (to < chunks()) {
      loop.execute(() -> hash(to, hashes, asked));
      return;
    }
    Manifest whole =
        Manifest.of(
            snapshot.epoch(),
            snapshot.digest(),
            layout,
            ByteString.copyFrom(hashes),
            ByteString.copyFrom(snapshot.metadata()));
    manifest = whole;
    asked.complete(whole);
  }
}
