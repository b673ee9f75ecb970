package org.potluck.network.rpc;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/**
 * The lines on which this peer calls others, at most one each.
 *
 * <p>A line is opened by the first call and replaced after {@link #LIFE}: what is not used costs no
 * memory for long, and of two connections to one peer the one that is to be closed comes free.
 * Peers that speak no lines, as hivemind's, are remembered for as long as they are connected.
 */
final class CallLines {
  /** After which a line takes no more calls. */
  static final Duration LIFE = Duration.ofMinutes(2);

  /** For dialing and opening; each call that waits for it has a limit of its own. */
  private static final Duration OPENING_MAX = Duration.ofSeconds(30);

  private final Network network;
  private final Map<PeerId, Opening> lines = new HashMap<>();
  private final Set<PeerId> without = new HashSet<>();

  CallLines(Network network) {
    this.network = network;
    network.listen(
        new Network.ConnectionListener() {
          @Override
          public void disconnected(PeerId peer) {
            without.remove(peer);
          }
        });
  }

  /** A line that is being opened or is open. Those who wait for it go in the order they came. */
  private static final class Opening {
    private final Deque<CompletableFuture<Optional<CallLine>>> waiting = new ArrayDeque<>();
    private @Nullable CallLine line;
  }

  /** The line to {@code peer}; empty where it speaks none. Fails when it cannot be reached. */
  CompletableFuture<Optional<CallLine>> to(PeerId peer) {
    if (without.contains(peer)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    Opening known = lines.get(peer);
    if (known != null && known.line != null) {
      return CompletableFuture.completedFuture(Optional.of(known.line));
    }
    CompletableFuture<Optional<CallLine>> line = new CompletableFuture<>();
    if (known != null) {
      known.waiting.add(line);
    } else {
      Opening opening = new Opening();
      opening.waiting.add(line);
      lines.put(peer, opening);
      open(peer, opening);
    }
    return line;
  }

  private void open(PeerId peer, Opening opening) {
    var _ =
        network
            .open(peer, CallFrame.PROTOCOL, OPENING_MAX)
            .whenComplete(
                (stream, trouble) -> {
                  if (trouble == null) {
                    opened(peer, stream, opening);
                  } else {
                    lines.remove(peer, opening);
                    failed(peer, trouble, opening);
                  }
                });
  }

  private void opened(PeerId peer, Stream stream, Opening opening) {
    CallLine line = new CallLine(stream, () -> lines.remove(peer, opening));
    line.start(network.loop(), LIFE);
    opening.line = line;
    opening.waiting.forEach(one -> one.complete(Optional.of(line)));
    opening.waiting.clear();
  }

  private void failed(PeerId peer, Throwable trouble, Opening opening) {
    boolean unspoken =
        trouble instanceof NetworkException refusal
            && refusal.reason() == Reason.UNSUPPORTED_PROTOCOL;
    if (unspoken && network.traffic(peer).isPresent()) {
      without.add(peer);
    }
    for (CompletableFuture<Optional<CallLine>> one : opening.waiting) {
      if (unspoken) {
        one.complete(Optional.empty());
      } else {
        one.completeExceptionally(trouble);
      }
    }
  }
}
