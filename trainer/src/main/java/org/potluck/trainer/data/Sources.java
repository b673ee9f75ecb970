package org.potluck.trainer.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The files behind the paths a user names, in an order that is the same on every machine. */
record Sources(List<Path> mapped, List<Path> packed) {
  /** Plain files from this size on are read where they lie. */
  private static final long MAPPED_BYTES_MIN = 1 << 20;

  static Sources find(List<Path> paths) throws IOException {
    var mapped = new ArrayList<Path>();
    var packed = new ArrayList<Path>();
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new CorpusException(
            "data path %s does not exist: check data.paths (or --data)".formatted(path));
      }
      if (!Files.isReadable(path)) {
        throw new CorpusException("data path %s may not be read by this user".formatted(path));
      }
      for (Path file : files(path)) {
        boolean big = Files.size(file) >= MAPPED_BYTES_MIN;
        if (Format.of(file) != Format.PLAIN || !big) {
          packed.add(file);
        } else if (!Format.binary(file)) {
          mapped.add(file);
        }
      }
    }
    return new Sources(List.copyOf(mapped), List.copyOf(packed));
  }

  private static List<Path> files(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> walk = Files.walk(path)) {
      return walk.filter(Files::isRegularFile)
          .filter(file -> !hidden(path.relativize(file)))
          .sorted(Comparator.comparing(file -> path.relativize(file).toString().replace('\\', '/')))
          .toList();
    }
  }

  private static boolean hidden(Path relative) {
    for (Path name : relative) {
      if (name.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /** How the text lies in a file, told by its name. */
  enum Format {
    PLAIN,
    ARCHIVE,
    GZIP,
    ZSTD,
    JSON_LINES;

    static Format of(Path file) {
      return of(file.getFileName().toString());
    }

    static Format of(String file) {
      String name = file.toLowerCase(Locale.ROOT);
      if (name.endsWith(".zip") || name.endsWith(".jar")) {
        return ARCHIVE;
      } else if (name.endsWith(".gz")) {
        return GZIP;
      } else if (name.endsWith(".zst")) {
        return ZSTD;
      } else if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
        return JSON_LINES;
      }
      return PLAIN;
    }

    /** Text has no zero byte; looked for in the first 8 KiB. */
    static boolean binary(Path file) throws IOException {
      try (var in = Files.newInputStream(file)) {
        return binary(in.readNBytes(8192));
      }
    }

    static boolean binary(byte[] head) {
      for (byte value : head) {
        if (value == 0) {
          return true;
        }
      }
      return false;
    }
  }
}
