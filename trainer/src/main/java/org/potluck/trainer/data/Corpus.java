package org.potluck.trainer.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.potluck.trainer.data.Windows.Place;

/**
 * The text of a run as byte tokens, and the windows drawn from it.
 *
 * <p>Big plain files are mapped where they lie; everything else is expanded once into a cache file,
 * which is mapped too, so that no text need fit into memory. Each of these is a shard. What a draw
 * takes is a pure function of the text, the window's length and the draw's four numbers.
 */
public final class Corpus implements AutoCloseable {
  /** Bound of the cache file unless told otherwise: 4 GiB. */
  public static final long CACHE_BYTES_MAX = 4L << 30;

  private final List<MemorySegment> shards;
  private final Arena arena;

  private Corpus(List<MemorySegment> shards, Arena arena) {
    this.shards = shards;
    this.arena = arena;
  }

  /** Opens the text under {@code paths} with a cache of at most {@link #CACHE_BYTES_MAX}. */
  public static Corpus open(List<Path> paths, Path cacheFolder) throws IOException {
    return open(paths, cacheFolder, CACHE_BYTES_MAX, Progress.NONE);
  }

  /**
   * Opens the text under {@code paths}: files and folders (read recursively, in order of names) of
   * plain text, .zip, .jar, .gz, .zst and .jsonl with a "text" field. Binary files in folders and
   * archives are passed over.
   *
   * @param cacheFolder where expanded text is kept between starts; made if missing
   * @param cacheBytesMax most bytes of expanded text
   * @throws CorpusException if the paths hold no usable text; the message says what to change
   */
  public static Corpus open(
      List<Path> paths, Path cacheFolder, long cacheBytesMax, Progress progress)
      throws IOException {
    Sources sources = Sources.find(paths);
    var files = new ArrayList<>(sources.mapped());
    if (!sources.packed().isEmpty()) {
      files.add(PackedText.of(sources.packed(), cacheFolder, cacheBytesMax, progress));
    }
    Arena arena = Arena.ofShared();
    try {
      var shards = new ArrayList<MemorySegment>();
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file)) {
          if (channel.size() > 0) {
            shards.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
          }
        }
      }
      if (shards.isEmpty()) {
        throw new CorpusException(
            "no text under %s: data.paths (or --data) wants text, .jsonl, .zip, .jar, .gz or .zst"
                .formatted(paths));
      }
      return new Corpus(List.copyOf(shards), arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Bytes of text in all. */
  public long bytes() {
    return shards.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /**
   * Fixes the window's length.
   *
   * @param context tokens a model sees; a window is one longer
   * @throws CorpusException if the text is too short for it
   */
  public Reader reader(int context) throws CorpusException {
    int length = context + 1;
    Split split = Split.of(shards.stream().map(MemorySegment::byteSize).toList(), length);
    var training = new Windows(split.training(), length);
    var heldOut = new Windows(split.heldOut(), length);
    if (training.count() == 0 || heldOut.count() == 0) {
      throw new CorpusException(
          "the text (%d bytes) is too short for model.context = %d: it takes at least %d bytes in one"
                  .formatted(bytes(), context, 2L * length)
              + " file; add text or lower model.context");
    }
    return new Reader(length, training, heldOut);
  }

  /** Unmaps the text; nothing may read from it any more. */
  @Override
  public void close() {
    arena.close();
  }

  /** Draws windows of one length. */
  public final class Reader {
    /** Held-out windows are the same for everybody in every run. */
    private static final long HELD_OUT_SEED = 0x48454C44L;

    private final int length;
    private final Windows training;
    private final Windows heldOut;

    private Reader(int length, Windows training, Windows heldOut) {
      this.length = length;
      this.training = training;
      this.heldOut = heldOut;
    }

    /** Writes the training window that the four numbers name to {@code into} at {@code at}. */
    public void draw(long seed, long drawer, long step, long index, long[] into, int at) {
      copy(training.place(Draws.below(training.count(), seed, drawer, step, index)), into, at);
    }

    /** Writes held-out window {@code index}, of an endless list, to {@code into} at {@code at}. */
    public void heldOut(long index, long[] into, int at) {
      copy(heldOut.place(Draws.below(heldOut.count(), HELD_OUT_SEED, 0, 0, index)), into, at);
    }

    private void copy(Place place, long[] into, int at) {
      MemorySegment shard = shards.get(place.shard());
      for (int i = 0; i < length; i++) {
        into[at + i] = shard.get(ValueLayout.JAVA_BYTE, place.offset() + i) & 0xFF;
      }
    }
  }
}
