package org.potluck.dht;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.proto.PingResponse;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Greets the peers one knows of, all at once; the first that answers is enough, and the others are
 * waited for only as long as they usually take.
 */
final class Bootstrap {
  private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
  private static final double CLOCK_SKEW_SECONDS_MAX = 3;

  private final Network network;
  private final Neighbours neighbours;
  private final Duration timeout;
  private final Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();
  private final CompletableFuture<Integer> done = new CompletableFuture<>();
  private int answered;
  private int pending;

  private Bootstrap(Network network, Neighbours neighbours, Duration timeout) {
    this.network = network;
    this.neighbours = neighbours;
    this.timeout = timeout;
  }

  /**
   * Completes with the number of peers that answered; fails when none did. Addresses of this peer
   * itself do not count: with no others there is nobody to greet, and the answer is 0.
   */
  static CompletableFuture<Integer> start(
      List<Multiaddr> known, Network network, Neighbours neighbours, Duration timeout) {
    Bootstrap bootstrap = new Bootstrap(network, neighbours, timeout);
    bootstrap.greet(known);
    return bootstrap.done;
  }

  private void greet(List<Multiaddr> known) {
    for (Multiaddr address : known) {
      try {
        address
            .peer()
            .ifPresentOrElse(
                peer -> peers.computeIfAbsent(peer, _ -> new ArrayList<>()).add(address),
                () -> failures.add(address + ": does not end in /p2p/ and a peer id"));
      } catch (IllegalArgumentException e) {
        failures.add(address + ": " + e.getMessage());
      }
    }
    boolean ourselves = peers.remove(network.self()) != null;
    if (peers.isEmpty() && (known.isEmpty() || ourselves)) {
      done.complete(0);
      return;
    }
    pending = peers.size();
    peers.forEach(
        (peer, addresses) -> {
          network.remember(peer, addresses);
          var _ =
              dial(addresses, 0).thenCompose(neighbours.calls()::ping).whenComplete(this::greeted);
        });
    settle();
  }

  private CompletableFuture<PeerId> dial(List<Multiaddr> addresses, int at) {
    CompletableFuture<PeerId> dialed = network.connect(addresses.get(at), timeout);
    return at + 1 == addresses.size()
        ? dialed
        : dialed.exceptionallyCompose(_ -> dial(addresses, at + 1));
  }

  private void greeted(PingResponse response, Throwable failure) {
    pending--;
    if (failure != null) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      failures.add(String.valueOf(cause.getMessage()));
    } else {
      answered++;
      double skew = response.getDhtTime() - UnixSeconds.of(network.loop().now());
      if (Math.abs(skew) > CLOCK_SKEW_SECONDS_MAX) {
        log.warn(
            "a known peer's clock is {} s from this machine's; set the clock, or entries expire"
                + " too early or too late",
            Math.round(skew));
      }
      if (answered == 1) {
        network.loop().schedule(neighbours.patience(), () -> done.complete(answered));
      }
    }
    settle();
  }

  private void settle() {
    if (pending > 0) {
      return;
    }
    if (answered > 0) {
      done.complete(answered);
    } else {
      done.completeExceptionally(
          new NetworkException(
              NetworkException.Reason.UNREACHABLE,
              "none of the known peers answered; check that one of them is running and that its"
                  + " address is right ("
                  + String.join("; ", failures)
                  + ")"));
    }
  }
}
