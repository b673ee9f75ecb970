package org.potluck.peer.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What the figures were measured on, and when.
 *
 * @param system the operating system and its release
 * @param processor as the system names it; the architecture where it does not
 * @param cores that this process may use
 * @param loadBefore processes that wanted to run in the minute before; below zero where unknown
 * @param java release of the Java that runs this
 * @param started date and time in UTC
 */
record Machine(
    String system,
    String processor,
    int cores,
    @JsonProperty("memory_megabytes") long memoryMegabytes,
    @JsonProperty("load_before") double loadBefore,
    String java,
    String started) {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  static Machine here() {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new Machine(
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        system.getTotalMemorySize() / 1_000_000,
        system.getSystemLoadAverage(),
        Runtime.version().toString(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static String processorName() {
    String architecture = System.getProperty("os.arch");
    try {
      return Files.readAllLines(PROCESSORS).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      // Not Linux: the architecture has to do.
      return architecture;
    }
  }
}
