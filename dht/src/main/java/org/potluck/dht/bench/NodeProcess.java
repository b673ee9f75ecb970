package org.potluck.dht.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.potluck.network.Multiaddr;

/** A {@link NodeMain} in a process of its own, with the very Java that runs this one. */
final class NodeProcess implements BenchNode, AutoCloseable {
  private final Process process;
  private final BufferedReader in;
  private final PrintStream out;
  private final Multiaddr address;
  private final AtomicInteger commands = new AtomicInteger();
  private final Map<String, CompletableFuture<String>> waiting = new ConcurrentHashMap<>();

  private NodeProcess(Process process, BufferedReader in, Multiaddr address) {
    this.process = process;
    this.in = in;
    this.address = address;
    out = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  static NodeProcess start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            // Sixteen JVMs that each compile everything twice would measure the compiler.
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            NodeMain.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("ready ")) {
        NodeProcess node =
            new NodeProcess(process, in, Multiaddr.parse(line.substring("ready ".length())));
        Thread.ofVirtual().name("node-answers").start(node::read);
        return node;
      }
    }
    process.destroyForcibly();
    throw new IOException("a node of the benchmark ended before it was ready");
  }

  Multiaddr address() {
    return address;
  }

  /** Completes with the number of nodes that answered. */
  CompletableFuture<Integer> join(List<Multiaddr> known) {
    StringBuilder text = new StringBuilder("join");
    known.forEach(one -> text.append(' ').append(one));
    return ask(text.toString()).thenApply(Integer::valueOf);
  }

  /** Processor time it has taken so far, in seconds; zero where the system does not say. */
  double cpuSeconds() {
    return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L) / 1e9;
  }

  @Override
  public String owner() {
    return address.peer().orElseThrow().toString();
  }

  @Override
  public CompletableFuture<Boolean> store(String key, String value, Duration lifetime) {
    return ask("store " + key + " " + value + " " + lifetime).thenApply(Boolean::valueOf);
  }

  @Override
  public CompletableFuture<Map<String, String>> get(String key) {
    return ask("get " + key).thenApply(NodeProcess::values);
  }

  @Override
  public void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private static Map<String, String> values(String text) {
    Map<String, String> values = new TreeMap<>();
    for (String word : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      int at = word.indexOf('=');
      values.put(word.substring(0, at), word.substring(at + 1));
    }
    return values;
  }

  private CompletableFuture<String> ask(String command) {
    String number = String.valueOf(commands.incrementAndGet());
    CompletableFuture<String> answer = new CompletableFuture<>();
    waiting.put(number, answer);
    synchronized (out) {
      out.println(number + " " + command);
    }
    return answer;
  }

  private void read() {
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        int at = line.indexOf(' ');
        CompletableFuture<String> answer = waiting.remove(at < 0 ? line : line.substring(0, at));
        String text = at < 0 ? "" : line.substring(at + 1);
        if (answer != null && text.startsWith("failed ")) {
          answer.completeExceptionally(new IOException(text));
        } else if (answer != null) {
          answer.complete(text);
        }
      }
    } catch (IOException e) {
      // The process is gone, and with it whatever was asked; said below.
    }
    waiting.values().forEach(one -> one.completeExceptionally(new IOException("it is gone")));
  }
}
