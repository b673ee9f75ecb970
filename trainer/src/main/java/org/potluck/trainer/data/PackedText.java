package org.potluck.trainer.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The cache file that holds the expanded text of a list of files, made once.
 *
 * <p>Its name is a hash over the paths, sizes and times of the files, so that changed files are
 * expanded again. Several peers on one machine may want it at once: a file lock lets the first
 * build it and the others wait.
 */
final class PackedText {
  private static final Object IN_THIS_PROCESS = new Object();

  private PackedText() {}

  static Path of(List<Path> files, Path cacheFolder, long bytesMax, Progress progress)
      throws IOException {
    Files.createDirectories(cacheFolder);
    String key = key(files);
    Path packed = cacheFolder.resolve("corpus-" + key + ".text");
    synchronized (IN_THIS_PROCESS) {
      try (var channel =
              FileChannel.open(
                  cacheFolder.resolve("corpus-" + key + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        if (!Files.exists(packed)) {
          write(files, packed, bytesMax, progress);
        }
      }
    }
    return packed;
  }

  private static void write(List<Path> files, Path packed, long bytesMax, Progress progress)
      throws IOException {
    Path part = packed.resolveSibling(packed.getFileName() + ".part");
    try {
      try (var out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16)) {
        var pack = new Pack(out, bytesMax, progress);
        for (Path file : files) {
          pack.add(file);
        }
      }
      Files.move(part, packed, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String key(List<Path> files) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        String line =
            "%s %d %d%n"
                .formatted(
                    file.toAbsolutePath().normalize(),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toMillis());
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 10);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
