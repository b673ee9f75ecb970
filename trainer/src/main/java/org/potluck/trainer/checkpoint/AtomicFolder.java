package org.potluck.trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes a folder all or nothing.
 *
 * <p>The files go into {@code <folder>.part}, are forced to disk, and the folder is renamed. A
 * folder cannot be renamed over a full one, so the old one first becomes {@code <folder>.old}: a
 * crash between the two renames leaves that, and {@link #complete} finds it.
 */
final class AtomicFolder {
  private AtomicFolder() {}

  /** Fills a folder. */
  interface Content {
    void write(Path folder) throws IOException;
  }

  static void write(Path folder, long bytes, Content content) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Path part = sibling(target, ".part");
    Path old = sibling(target, ".old");
    try {
      Files.createDirectories(target.getParent() == null ? target : target.getParent());
      delete(part);
      Files.createDirectory(part);
      long free = Files.getFileStore(part).getUsableSpace();
      if (free < bytes) {
        throw new IOException("only %d bytes are free".formatted(free));
      }
      content.write(part);
      force(part);
      if (Files.exists(target)) {
        delete(old);
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      force(target.getParent() == null ? target : target.getParent());
      delete(old);
    } catch (IOException e) {
      try {
        delete(part);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw new IOException(
          "cannot write the checkpoint %s, which needs %d bytes: %s"
              .formatted(target, bytes, e.getMessage()),
          e);
    }
  }

  /** The folder itself, or the one it was about to replace when the machine stopped. */
  static Path complete(Path folder) {
    Path old = sibling(folder.toAbsolutePath().normalize(), ".old");
    return !Files.exists(folder) && Files.isDirectory(old) ? old : folder;
  }

  /** Writes one file and forces it to disk. */
  static void file(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private static Path sibling(Path folder, String suffix) {
    return folder.resolveSibling(folder.getFileName() + suffix);
  }

  private static void force(Path folder) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return; // Windows cannot open a folder, and its renames are journalled.
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
