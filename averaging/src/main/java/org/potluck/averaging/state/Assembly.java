package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot on its way: where it goes to, and which chunks are there.
 *
 * <p>A disk that fails or is full must not keep a peer from training: then chunks go to memory, and
 * a download that is stopped begins anew.
 */
final class Assembly {
  private static final Logger LOG = LoggerFactory.getLogger(Assembly.class);
  private static final int CHUNKS_PER_TURN = 4;

  private final Manifest manifest;
  private final BitSet present = new BitSet();
  private ChunkStore store;

  Assembly(Manifest manifest, ChunkStore store) {
    this.manifest = manifest;
    this.store = store;
  }

  /**
   * @param folder where chunks outlive the process; null for nowhere
   */
  static Assembly of(Manifest manifest, @Nullable Path folder) {
    if (folder != null) {
      try {
        return new Assembly(manifest, FileChunks.open(folder, manifest));
      } catch (IOException e) {
        LOG.warn("a download cannot be kept in {}: {}", folder, e.toString());
      }
    }
    return new Assembly(manifest, new MemoryChunks(manifest.layout()));
  }

  /** Checks what an earlier download has left, a few chunks at a time. */
  CompletableFuture<Void> recover(EventLoop loop) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    recover(loop, store.found(), 0, done);
    return done;
  }

  /**
   * Whether all that was taken is still what it was, once complete. Otherwise what is left moves to
   * memory, and the rest is missing.
   */
  CompletableFuture<Boolean> intact(EventLoop loop) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    recover(loop, IntStream.range(0, chunks()).boxed().toList(), 0, done);
    return done.thenApply(
        _ -> {
          if (!complete()) {
            LOG.warn("the disk has changed what was downloaded; it is kept in memory from now on");
            moveToMemory();
          }
          return complete();
        });
  }

  private void recover(
      EventLoop loop, List<Integer> found, int from, CompletableFuture<Void> done) {
    int to = Math.min(found.size(), from + CHUNKS_PER_TURN);
    for (int index : found.subList(from, to)) {
      present.set(index, sound(index));
    }
    if (to < found.size()) {
      loop.execute(() -> recover(loop, found, to, done));
    } else {
      done.complete(null);
    }
  }

  private boolean sound(int index) {
    try {
      return manifest.vouchesFor(index, store.read(index));
    } catch (IOException e) {
      return false;
    }
  }

  Manifest manifest() {
    return manifest;
  }

  /** Takes a chunk that was checked. */
  void put(int index, ByteString data) {
    try {
      store.write(index, data);
    } catch (IOException e) {
      LOG.warn("a download is kept in memory from now on: {}", e.toString());
      moveToMemory();
      put(index, data);
    }
    present.set(index);
  }

  boolean has(int index) {
    return present.get(index);
  }

  /** Those that are still to come. */
  List<Integer> missing() {
    return IntStream.range(0, chunks()).filter(index -> !has(index)).boxed().toList();
  }

  int chunks() {
    return (int) manifest.layout().chunks();
  }

  int chunksPresent() {
    return present.cardinality();
  }

  boolean complete() {
    return chunksPresent() == chunks();
  }

  /** The whole of it, once complete; empty when the disk has lost chunks, which are missing now. */
  Optional<Snapshot> snapshot() {
    try {
      return Optional.of(
          new Snapshot(
              manifest.epoch(),
              manifest.digest(),
              store.vectors(),
              manifest.metadata().toByteArray()));
    } catch (IOException e) {
      LOG.warn("a download is moved to memory: {}", e.toString());
      moveToMemory();
      return complete() ? snapshot() : Optional.empty();
    }
  }

  /** The download stops; another may go on with what is there. */
  void close() {
    store.close();
  }

  /** What is there will not be needed again. */
  void clear() {
    store.clear();
  }

  private void moveToMemory() {
    MemoryChunks memory = new MemoryChunks(manifest.layout());
    for (int index = present.nextSetBit(0); index >= 0; index = present.nextSetBit(index + 1)) {
      try {
        ByteString data = store.read(index);
        if (manifest.vouchesFor(index, data)) {
          memory.write(index, data);
        } else {
          present.clear(index);
        }
      } catch (IOException e) {
        present.clear(index); // It is fetched again.
      }
    }
    store.clear();
    store = memory;
  }
}
