package org.potluck.dht.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * What this node thinks of others, from what they did: each misdeed weighs, and the weight halves
 * every ten minutes. Who weighs too much is neither asked nor answered until it has halved.
 *
 * <p>Silence is no misdeed and not kept here; see {@link Blacklist}.
 */
public final class Standing {
  private static final Duration HALF_LIFE = Duration.ofMinutes(10);
  private static final double SHUT_OUT_FROM = 50;
  private static final int PEERS_MAX = 2048;

  private final Map<PeerId, Weight> weights = new LinkedHashMap<>();

  /** What a peer did that no honest node does, or not often. */
  public enum Misdeed {
    /** Served or brought a record whose signature is wrong. */
    FORGED(25),
    /** Sent an answer or a question that makes no sense. */
    MALFORMED(25),
    /** Named nodes that, most of them, are not there. */
    NAMED_GHOSTS(10),
    /** Asks for more than its share. */
    FLOODED(1);

    private final double weight;

    Misdeed(double weight) {
      this.weight = weight;
    }
  }

  private record Weight(double value, Instant at, boolean shutOut) {
    double now(Instant now) {
      double halvings = Duration.between(at, now).toNanos() / (double) HALF_LIFE.toNanos();
      return value * Math.pow(0.5, halvings);
    }
  }

  public void did(PeerId peer, Misdeed misdeed, Instant now) {
    Weight before = weights.remove(peer);
    double value = (before == null ? 0 : before.now(now)) + misdeed.weight;
    boolean shutOut = value >= SHUT_OUT_FROM || (before != null && shutOut(before, now));
    weights.put(peer, new Weight(Math.min(value, 2 * SHUT_OUT_FROM), now, shutOut));
    if (weights.size() > PEERS_MAX) {
      weights.remove(weights.keySet().iterator().next());
    }
  }

  /** Whether {@code peer} is neither asked nor answered at present. */
  public boolean shutOut(PeerId peer, Instant now) {
    Weight weight = weights.get(peer);
    return weight != null && shutOut(weight, now);
  }

  private static boolean shutOut(Weight weight, Instant now) {
    return weight.shutOut && weight.now(now) >= SHUT_OUT_FROM / 2;
  }
}
