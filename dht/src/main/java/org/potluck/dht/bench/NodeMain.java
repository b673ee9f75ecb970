package org.potluck.dht.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.potluck.dht.DhtOptions;
import org.potluck.dht.KademliaDht;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.libp2p.Libp2pNetwork;
import org.potluck.network.libp2p.Libp2pOptions;
import org.potluck.network.libp2p.NettyLoop;
import org.potluck.network.rpc.Rpc;

/**
 * One node of a benchmark as a process: commands come on standard input, one a line, answers go to
 * standard output under the number of the command. Ends with its input.
 */
public final class NodeMain {
  private final LoopNode node;
  private final PrintStream out;

  private NodeMain(LoopNode node, PrintStream out) {
    this.node = node;
    this.out = out;
  }

  /** Listens on a free port of this machine and says at which address. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    NettyLoop loop = NettyLoop.start("node");
    SecureRandom random = new SecureRandom();
    Libp2pNetwork network =
        Libp2pNetwork.start(
            loop,
            Identity.generate(random),
            Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0"))));
    CompletableFuture<NodeMain> made = new CompletableFuture<>();
    loop.execute(
        () -> {
          Rpc rpc = new Rpc(network, random);
          KademliaDht dht = KademliaDht.create(network, rpc, random, DhtOptions.DEFAULTS);
          System.out.println("ready " + network.addresses().getFirst());
          made.complete(new NodeMain(new LoopNode(network, dht, () -> {}), System.out));
        });
    made.join().serve();
    loop.stop();
  }

  private void serve() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      var _ =
          answer(words.get(1), words.subList(2, words.size()))
              .whenComplete(
                  (answer, failure) ->
                      say(words.get(0) + " " + (failure == null ? answer : "failed " + failure)));
    }
  }

  private synchronized void say(String line) {
    out.println(line.replace('\n', ' '));
  }

  private CompletableFuture<String> answer(String command, List<String> words) {
    return switch (command) {
      case "join" -> {
        List<Multiaddr> known = words.stream().map(Multiaddr::parse).toList();
        yield CompletableFuture.completedFuture(known)
            .thenComposeAsync(node.dht()::bootstrap, node.network().loop())
            .thenApply(String::valueOf);
      }
      case "store" ->
          node.store(words.get(0), words.get(1), Duration.parse(words.get(2)))
              .thenApply(String::valueOf);
      case "get" ->
          node.get(words.get(0))
              .thenApply(
                  values ->
                      values.entrySet().stream()
                          .map(entry -> entry.getKey() + "=" + entry.getValue())
                          .collect(Collectors.joining(" ")));
      default -> throw new IllegalArgumentException("unknown command " + command);
    };
  }
}
