package org.potluck.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A js-libp2p peer in a process of its own, killed at the end. */
final class JsPeer implements AutoCloseable {
  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private JsPeer(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /** Skips the test, with one visible line, where Node or js-libp2p is not installed. */
  static JsPeer start(String... words) throws IOException {
    Path folder = folder();
    String missing = missing(folder);
    if (missing != null) {
      System.err.println("js-libp2p interop is skipped: " + missing);
    }
    assumeThat(missing).as("js-libp2p interop").isNull();
    List<String> command = new ArrayList<>(List.of("node", "peer.mjs"));
    command.addAll(List.of(words));
    return new JsPeer(
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  private static Path folder() {
    Path here = Path.of("js");
    return Files.exists(here) ? here : Path.of("tests", "js");
  }

  private static @Nullable String missing(Path folder) {
    if (!Files.exists(folder.resolve("node_modules").resolve("libp2p"))) {
      return "run tests/js/install first";
    }
    try {
      Process version = new ProcessBuilder("node", "--version").start();
      return version.waitFor() == 0 ? null : "node does not run";
    } catch (IOException e) {
      return "node is not installed";
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Asks it for something, in one line. */
  void say(String line) throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
  }

  /** What follows {@code word} on the next line that starts with it. */
  String next(String word) throws InterruptedException {
    List<String> others = new ArrayList<>();
    while (true) {
      String line = lines.poll(60, TimeUnit.SECONDS);
      assertThat(line).as("a line '%s ...' of js-libp2p; it said %s", word, others).isNotNull();
      if (line.startsWith(word + " ")) {
        return line.substring(word.length() + 1);
      }
      others.add(line);
    }
  }

  /** The same, word by word. */
  List<String> words(String word) throws InterruptedException {
    return List.of(next(word).split(" ", -1));
  }

  private void read() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("ended " + e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
