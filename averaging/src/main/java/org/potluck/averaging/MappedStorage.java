package org.potluck.averaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps vectors in files that the system maps into memory and writes out when it needs room.
 *
 * <p>The files are nameless as soon as they are mapped, where the system allows that, and vanish
 * with the memory they back.
 */
final class MappedStorage implements Storage {
  /** What is kept is laid into pieces of at least this size. */
  private static final long PIECE_BYTES = 256L << 20;

  private final Path folder;
  private @Nullable Arena kept;
  private MemorySegment piece = MemorySegment.NULL;
  private long used;

  MappedStorage(Path folder) {
    this.folder = folder;
  }

  @Override
  public MemorySegment values(long bytes) {
    return map(Arena.ofAuto(), bytes);
  }

  @Override
  public ByteBuffer keep(ByteBuffer encoded) {
    int bytes = encoded.remaining();
    Arena arena = kept;
    if (arena == null) {
      kept = arena = Arena.ofAuto();
    }
    if (used + bytes > piece.byteSize()) {
      piece = map(arena, Math.max(PIECE_BYTES, bytes));
      used = 0;
    }
    ByteBuffer copy = piece.asSlice(used, bytes).asByteBuffer();
    copy.put(encoded.duplicate()).flip();
    used += bytes;
    return copy;
  }

  @Override
  public boolean copies() {
    return true;
  }

  @Override
  public void close() {
    kept = null;
    piece = MemorySegment.NULL;
    used = 0;
  }

  private MemorySegment map(Arena arena, long bytes) {
    try {
      Path file = Files.createTempFile(folder, "round", ".values");
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      } finally {
        forget(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "no room for " + bytes + " bytes of a round in " + folder + "; free some, or set another",
          e);
    }
  }

  /** A system that cannot remove a file in use removes it when the program ends. */
  private static void forget(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
