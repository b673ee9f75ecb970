package org.potluck.network.simulation;

import java.util.ArrayDeque;

/** A peer's way out: sends one segment after the other, streams taking turns. */
final class Uplink {
  private final SimulatedNetwork owner;
  private final ArrayDeque<SimulatedStream> waiting = new ArrayDeque<>();
  private boolean busy;

  Uplink(SimulatedNetwork owner) {
    this.owner = owner;
  }

  /** {@code stream} has something to send; it must not be waiting here already. */
  void enqueue(SimulatedStream stream) {
    waiting.add(stream);
    sendNext();
  }

  private void sendNext() {
    double bytesPerSecond = owner.host().upBytesPerSecond();
    if (busy || bytesPerSecond <= 0) {
      return;
    }
    SimulatedStream stream = waiting.poll();
    while (stream != null) {
      Segment segment = stream.cut();
      if (segment != null) {
        busy = true;
        SimulatedStream sender = stream;
        long wireBytes = stream.wireBytes(segment);
        owner
            .simulation()
            .plan(
                Math.round(wireBytes * 1e9 / bytesPerSecond),
                EventKind.SENT,
                owner,
                -1,
                wireBytes,
                () -> sent(sender, segment, wireBytes));
        return;
      }
      stream = waiting.poll();
    }
  }

  private void sent(SimulatedStream stream, Segment segment, long wireBytes) {
    busy = false;
    stream.sent(segment, wireBytes);
    sendNext();
  }
}
