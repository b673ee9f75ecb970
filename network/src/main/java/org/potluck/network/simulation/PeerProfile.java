package org.potluck.network.simulation;

import java.time.Duration;
import org.potluck.network.Bandwidth;

/**
 * How one simulated peer hangs on the internet.
 *
 * @param up its uplink, shared by all it sends
 * @param down its downlink, shared by all it receives
 * @param delay one way from this peer to the backbone; between two peers their delays add up
 * @param jitterMax delay added at random, uniformly from zero to this, to each thing that passes
 * @param canBeDialed whether others can dial it; a peer behind a strict NAT can only dial out
 */
public record PeerProfile(
    Bandwidth up, Bandwidth down, Duration delay, Duration jitterMax, boolean canBeDialed) {
  public PeerProfile {
    if (delay.isNegative() || jitterMax.isNegative()) {
      throw new IllegalArgumentException("negative delay: " + delay + ", jitter " + jitterMax);
    }
  }

  /** A machine in a datacenter: 1 Gbit/s both ways, 1 ms, no jitter. */
  public static PeerProfile datacenter() {
    Bandwidth gigabit = Bandwidth.ofMegabitsPerSecond(1000);
    return new PeerProfile(gigabit, gigabit, Duration.ofMillis(1), Duration.ZERO, true);
  }

  /** A machine at home: 20 Mbit/s up, 100 Mbit/s down, 15 ms with up to 5 ms of jitter. */
  public static PeerProfile home() {
    return new PeerProfile(
        Bandwidth.ofMegabitsPerSecond(20),
        Bandwidth.ofMegabitsPerSecond(100),
        Duration.ofMillis(15),
        Duration.ofMillis(5),
        true);
  }

  public PeerProfile withBandwidth(Bandwidth newUp, Bandwidth newDown) {
    return new PeerProfile(newUp, newDown, delay, jitterMax, canBeDialed);
  }

  public PeerProfile withDelay(Duration newDelay, Duration newJitterMax) {
    return new PeerProfile(up, down, newDelay, newJitterMax, canBeDialed);
  }

  /** The same peer behind a NAT that lets nobody in. */
  public PeerProfile dialOutOnly() {
    return new PeerProfile(up, down, delay, jitterMax, false);
  }
}
