package org.potluck.averaging;

import java.time.Duration;
import java.time.Instant;
import org.potluck.network.Bandwidth;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.Traffic;

/**
 * What this peer's link carries, learned from what it has carried.
 *
 * <p>The network's counters are read ten times a second; each direction is judged by {@link
 * RateHistory}. A link that was never full is underestimated, and a peer that is underestimated is
 * given less to carry, so that it would never be measured right. Therefore a quarter is added to
 * what was seen: whoever can carry more shows it in the next round. Where all are underestimated
 * alike it does not matter, because a plan depends on the proportions only.
 *
 * <p>Runs on the network's loop.
 */
public final class LinkMeter {
  private static final Duration WINDOW = Duration.ofMillis(100);

  private final Network network;
  private final Limits limits;
  private final RateHistory up = new RateHistory();
  private final RateHistory down = new RateHistory();
  private final PathMeter paths;
  private Traffic before;
  private Instant at;
  private boolean stopped;

  /** What the owner allows; {@link #NONE} where nothing was said. */
  public record Limits(Bandwidth upload, Bandwidth download) {
    /** No limits. */
    public static final Limits NONE =
        new Limits(new Bandwidth(Double.MAX_VALUE), new Bandwidth(Double.MAX_VALUE));
  }

  public LinkMeter(Network network, Limits limits) {
    this.network = network;
    this.limits = limits;
    this.paths = new PathMeter(network);
    this.before = network.total();
    this.at = network.loop().now();
    readLater();
  }

  /** What to declare; a direction that is not known yet is {@link Bandwidth#NONE}. */
  public OwnLink link() {
    return new OwnLink(
        declared(up, limits.upload()),
        declared(down, limits.download()),
        !network.addresses().isEmpty(),
        paths.paths());
  }

  /** Reads the counters no more. */
  public void stop() {
    stopped = true;
  }

  private static Bandwidth declared(RateHistory history, Bandwidth limit) {
    return new Bandwidth(Math.min(history.declaredBytesPerSecond(), limit.bytesPerSecond()));
  }

  private void readLater() {
    EventLoop.Timer _ =
        network
            .loop()
            .schedule(
                WINDOW,
                () -> {
                  if (!stopped) {
                    read();
                    readLater();
                  }
                });
  }

  private void read() {
    Traffic total = network.total();
    Instant now = network.loop().now();
    double seconds = Duration.between(at, now).toNanos() / 1e9;
    up.add(total.bytesSent() - before.bytesSent(), seconds);
    down.add(total.bytesReceived() - before.bytesReceived(), seconds);
    paths.read(seconds);
    before = total;
    at = now;
  }
}
