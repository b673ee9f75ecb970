package org.potluck.trainer.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
      boolean folder = Files.isDirectory(path);
      if (!folder && !Files.isRegularFile(path)) {
        throw new CorpusException("data path %s is neither a file nor a folder".formatted(path));
      }
      for (Path file : folder ? TextFolder.files(path) : List.of(path)) {
        if (!Files.isReadable(file)) {
          throw CorpusException.unreadable(file);
        }
        boolean plain = Format.of(file) == Format.PLAIN;
        if (!plain) {
          packed.add(file);
        } else if (Format.binary(file)) {
          if (!folder) {
            throw new CorpusException(
                "data file %s is not text: it holds zero bytes (if it is UTF-16, save it as UTF-8)"
                    .formatted(file));
          }
        } else if (Files.size(file) >= MAPPED_BYTES_MIN) {
          mapped.add(file);
        } else {
          packed.add(file);
        }
      }
    }
    return new Sources(List.copyOf(mapped), List.copyOf(packed));
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
