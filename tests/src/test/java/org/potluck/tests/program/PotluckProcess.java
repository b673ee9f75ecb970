package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code potluck ...} as a process, with both outputs read line by line. Killed when closed. */
final class PotluckProcess implements AutoCloseable {
  /** Only a test that has gone wrong waits as long as this. */
  private static final long PATIENCE_SECONDS = 180;

  private static final String END = "<end of output>";

  private final Process process;
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
  private final List<String> read = new ArrayList<>();

  private PotluckProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::listen);
  }

  static PotluckProcess start(String... arguments) {
    return startIn(List.of(), arguments);
  }

  /**
   * @param before words in front of the command, such as those that enter a network namespace
   */
  static PotluckProcess startIn(List<String> before, String... arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-modules=jdk.incubator.vector",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.potluck.peer.Main");
    command.addAll(List.of(arguments));
    try {
      return new PotluckProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads on to the first line in which {@code pattern} is found. */
  Matcher await(String pattern) throws InterruptedException {
    Pattern wanted = Pattern.compile(pattern);
    for (String line = next(); line != null; line = next()) {
      Matcher matcher = wanted.matcher(line);
      if (matcher.find()) {
        return matcher;
      }
    }
    throw new AssertionError("no line with '" + pattern + "' in:\n" + String.join("\n", read));
  }

  /** Waits for the end; everything it said, but for what Java itself says. */
  Ended awaitEnd() throws InterruptedException {
    while (next() != null) {
      // Collected in read.
    }
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("has ended").isTrue();
    return new Ended(
        process.exitValue(), read.stream().filter(line -> !line.contains("incubator")).toList());
  }

  record Ended(int status, List<String> lines) {}

  /** The processes it has started, by now. */
  List<ProcessHandle> children() {
    return process.children().toList();
  }

  /** As Ctrl-C does; what it says then is still read. */
  void terminate() {
    assertThat(process.toHandle().destroy()).isTrue();
  }

  private @Nullable String next() throws InterruptedException {
    String line = unread.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(line).as("says something within %d s after\n%s", PATIENCE_SECONDS, read).isNotNull();
    if (END.equals(line)) {
      unread.add(END);
      return null;
    }
    read.add(line);
    return line;
  }

  private void listen() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        unread.add(line);
      }
    } catch (IOException e) {
      unread.add("unreadable: " + e.getMessage());
    }
    unread.add(END);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
