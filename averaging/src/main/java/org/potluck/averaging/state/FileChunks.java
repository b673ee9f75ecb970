package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.potluck.averaging.state.ChunkLayout.Chunk;

/**
 * Chunks in a folder, where a process that is started again finds them.
 *
 * <p>Three files: {@code state} names the manifest by its root; {@code values} holds the vectors,
 * one behind the other, with holes where chunks are missing; {@code chunks} lists, four bytes each,
 * which are there. Nothing is forced to the disk, and nothing that is found is believed: a chunk
 * counts once its hash is right. One state is kept at a time, so the folder never takes more than
 * that.
 */
final class FileChunks implements ChunkStore {
  private static final String STATE = "state";
  private static final String VALUES = "values";
  private static final String CHUNKS = "chunks";

  private final Path folder;
  private final ChunkLayout layout;
  private final long[] starts;
  private final long bytes;
  private final List<Integer> found;
  private final FileChannel values;
  private final FileChannel chunks;

  private FileChunks(Path folder, ChunkLayout layout, Collection<Integer> found)
      throws IOException {
    this.folder = folder;
    this.layout = layout;
    this.found = List.copyOf(found);
    List<Long> sizes = layout.vectorBytes();
    starts = new long[sizes.size()];
    long next = 0;
    for (int vector = 0; vector < starts.length; vector++) {
      starts[vector] = next;
      next = Math.ceilDiv(next + sizes.get(vector), Long.BYTES) * Long.BYTES;
    }
    bytes = next;
    values =
        FileChannel.open(
            folder.resolve(VALUES),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    chunks =
        FileChannel.open(
            folder.resolve(CHUNKS), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    FileChannel _ = chunks.truncate(chunks.size() / Integer.BYTES * Integer.BYTES);
  }

  /**
   * Takes the folder for a state, with what is there of it; what is there of another is removed.
   *
   * @throws IOException also when the disk has no room for all of it
   */
  static FileChunks open(Path folder, Manifest manifest) throws IOException {
    Files.createDirectories(folder);
    String name = name(manifest);
    Collection<Integer> found = List.of();
    if (name.equals(savedName(folder))) {
      found = listed(folder, manifest.layout());
    } else {
      clear(folder);
      long size = manifest.layout().vectorBytes().stream().mapToLong(Long::longValue).sum();
      if (Files.getFileStore(folder).getUsableSpace() < size) {
        throw new IOException("%s has no room for %,d bytes".formatted(folder, size));
      }
      Files.writeString(folder.resolve(STATE), name);
    }
    return new FileChunks(folder, manifest.layout(), found);
  }

  /** The epoch of the state in {@code folder}; -1 for none. */
  static long savedEpoch(Path folder) {
    try {
      String name = savedName(folder);
      return name.isEmpty() ? -1 : Long.parseLong(name.substring(0, name.indexOf(' ')));
    } catch (IOException | NumberFormatException | StringIndexOutOfBoundsException e) {
      return -1;
    }
  }

  /** Removes what is in {@code folder}; what cannot be removed is overwritten some time. */
  static void clear(Path folder) {
    for (String name : List.of(STATE, CHUNKS, VALUES)) {
      try {
        Files.deleteIfExists(folder.resolve(name));
      } catch (IOException e) {
        // A system that cannot remove a file in use; the next download tries again.
      }
    }
  }

  @Override
  public List<Integer> found() {
    return found;
  }

  @Override
  public void write(int index, ByteString data) throws IOException {
    writeAll(values, data.asReadOnlyByteBuffer(), at(index));
    ByteBuffer entry = ByteBuffer.allocate(Integer.BYTES).putInt(index).flip();
    while (entry.hasRemaining()) {
      int _ = chunks.write(entry);
    }
  }

  @Override
  public ByteString read(int index) throws IOException {
    byte[] data = new byte[layout.chunk(index).bytes()];
    ByteBuffer into = ByteBuffer.wrap(data);
    long at = at(index);
    while (into.hasRemaining()) {
      int read = values.read(into, at + into.position());
      if (read < 0) {
        throw new EOFException(folder + " ends before chunk " + index);
      }
    }
    return UnsafeByteOperations.unsafeWrap(data);
  }

  @Override
  public List<MemorySegment> vectors() throws IOException {
    MemorySegment all =
        values.map(FileChannel.MapMode.PRIVATE, 0, bytes, Arena.ofAuto()).asReadOnly();
    List<MemorySegment> vectors = new ArrayList<>();
    for (int vector = 0; vector < starts.length; vector++) {
      vectors.add(all.asSlice(starts[vector], layout.vectorBytes().get(vector)));
    }
    return vectors;
  }

  @Override
  public void close() {
    try (values;
        chunks) {
      // Closing is all there is to do.
    } catch (IOException e) {
      // What was not written is fetched again.
    }
  }

  @Override
  public void clear() {
    close();
    clear(folder);
  }

  private long at(int index) {
    Chunk chunk = layout.chunk(index);
    return starts[chunk.vector()] + chunk.offset();
  }

  private static void writeAll(FileChannel to, ByteBuffer data, long at) throws IOException {
    while (data.hasRemaining()) {
      at += to.write(data, at);
    }
  }

  private static String name(Manifest manifest) {
    return manifest.epoch() + " " + HexFormat.of().formatHex(manifest.root().toByteArray());
  }

  /** Of the state in {@code folder}; empty for none. */
  private static String savedName(Path folder) throws IOException {
    Path file = folder.resolve(STATE);
    try {
      return Files.size(file) > 256 ? "" : Files.readString(file);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  /** The chunks that {@code folder} says are there, each once. */
  private static Collection<Integer> listed(Path folder, ChunkLayout layout) throws IOException {
    Path file = folder.resolve(CHUNKS);
    Collection<Integer> listed = new TreeSet<>();
    if (Files.exists(file) && Files.size(file) <= 4L * Integer.BYTES * layout.chunks()) {
      ByteBuffer entries = ByteBuffer.wrap(Files.readAllBytes(file));
      while (entries.remaining() >= Integer.BYTES) {
        int index = entries.getInt();
        if (index >= 0 && index < layout.chunks()) {
          listed.add(index);
        }
      }
    }
    return listed;
  }
}
