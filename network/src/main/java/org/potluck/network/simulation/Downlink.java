package org.potluck.network.simulation;

/** A peer's way in: what arrives waits in line until it fits through. */
final class Downlink {
  private final SimulatedNetwork owner;
  private long freeAtNanos;

  Downlink(SimulatedNetwork owner) {
    this.owner = owner;
  }

  void receive(long wireBytes, int from, Runnable deliver) {
    double bytesPerSecond = owner.host().downBytesPerSecond();
    if (bytesPerSecond <= 0) {
      return;
    }
    long now = owner.simulation().nowNanos();
    freeAtNanos = Math.max(now, freeAtNanos) + Math.round(wireBytes * 1e9 / bytesPerSecond);
    owner
        .simulation()
        .plan(freeAtNanos - now, EventKind.DELIVERED, owner, from, wireBytes, deliver);
  }
}
