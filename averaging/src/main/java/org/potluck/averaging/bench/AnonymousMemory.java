package org.potluck.averaging.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The most memory that this process has held at a time beside files that are mapped into it: heap,
 * buffers, threads, compiled code.
 *
 * <p>Linux says so in {@code /proc/self/status}; it is looked at fifty times a second. Elsewhere it
 * is not known.
 */
final class AnonymousMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String FIELD = "RssAnon:";
  private static final long EVERY_MILLIS = 20;

  private volatile long peakKibibytes = -1;

  private AnonymousMemory() {}

  /** Looks from now on, until the process ends. */
  static AnonymousMemory watch() {
    AnonymousMemory memory = new AnonymousMemory();
    Thread _ = Thread.ofPlatform().daemon().name("memory").start(memory::look);
    return memory;
  }

  /** Bytes; empty where the system does not say. */
  OptionalLong peakBytes() {
    long peak = peakKibibytes;
    return peak < 0 ? OptionalLong.empty() : OptionalLong.of(peak << 10);
  }

  private void look() {
    try {
      while (Files.isReadable(STATUS)) {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith(FIELD)) {
            long kibibytes = Long.parseLong(line.replaceAll("\\D", ""));
            peakKibibytes = Math.max(peakKibibytes, kibibytes);
          }
        }
        Thread.sleep(EVERY_MILLIS);
      }
    } catch (IOException e) {
      // What was seen so far is what is known.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
