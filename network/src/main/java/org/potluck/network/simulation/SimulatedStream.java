package org.potluck.network.simulation;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/**
 * One end of a simulated stream.
 *
 * <p>Written buffers queue here. When the uplink's turn comes, {@link #cut} copies a segment out of
 * them, as far as the receiver's window allows. The receiver hands segments to its handler and
 * returns credit for what the handler took, in steps of half a window, as yamux does. A receiver
 * that pauses returns no credit, so the sender stops after one window.
 *
 * <p>Handlers are called from events of their own, except for {@code received} and {@code
 * endOfInput}, which follow directly from a delivery; so a handler is never called from inside of
 * its own call to this stream.
 */
final class SimulatedStream implements Stream {
  /** Smaller ones would cost more time than they are worth. */
  private static final int SEGMENT_BYTES_MIN = 64;

  private final ConnectionEnd connection;
  private final String protocol;
  private final int magnification;
  private final ArrayDeque<ByteBuffer> queue = new ArrayDeque<>();
  private final ArrayDeque<byte[]> inbound = new ArrayDeque<>();
  private @Nullable SimulatedStream other;
  private @Nullable StreamHandler handler;
  private @Nullable StreamEnd end;
  private long queuedBytes;
  private long credit;
  private long takenBytes;
  private int highWaterBytes;
  private boolean inUplink;
  private boolean full;
  private boolean closing;
  private boolean lastSent;
  private boolean lastReceived;
  private boolean endDelivered;
  private boolean paused;
  private boolean delivering;
  private long heardNanos;
  private long idleNanos;
  private EventLoop.@Nullable Timer idleTimer;

  SimulatedStream(ConnectionEnd connection, String protocol) {
    this.connection = connection;
    this.protocol = protocol;
    this.magnification = simulation().magnification(protocol);
    this.credit = conditions().windowBytes();
    this.highWaterBytes = conditions().highWaterBytes();
    this.heardNanos = simulation().nowNanos();
  }

  void joinedTo(SimulatedStream otherEnd) {
    other = otherEnd;
  }

  boolean hasHandler() {
    return handler != null;
  }

  @Override
  public PeerId remote() {
    return connection.remote();
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  public void handler(StreamHandler newHandler) {
    connection.owner().requireLoop();
    if (handler != null) {
      throw new IllegalStateException("the stream has a handler already");
    }
    handler = newHandler;
    if (end != null) {
      announceEnd(newHandler, end);
    } else {
      deliverSoon();
    }
  }

  @Override
  public void write(ByteBuffer data) {
    connection.owner().requireLoop();
    if (end != null || closing || !data.hasRemaining()) {
      return;
    }
    Liar liar = connection.owner().host().liar;
    if (liar == null) {
      enqueue(data);
    } else {
      liar.tell(protocol, data, connection.owner()::lied).forEach(this::enqueue);
    }
    full |= queuedBytes * magnification >= highWaterBytes;
    offer();
  }

  private void enqueue(ByteBuffer data) {
    queue.add(data);
    queuedBytes += data.remaining();
  }

  @Override
  public boolean writable() {
    return end == null && !closing && !full;
  }

  @Override
  public void highWater(int bytes) {
    connection.owner().requireLoop();
    highWaterBytes = bytes;
  }

  @Override
  public long queuedBytes() {
    return queuedBytes;
  }

  @Override
  public void closeWrite() {
    connection.owner().requireLoop();
    if (end == null && !closing) {
      closing = true;
      offer();
    }
  }

  @Override
  public void reset() {
    connection.owner().requireLoop();
    resetWith(StreamEnd.RESET_BY_US);
  }

  @Override
  public void pauseReading() {
    connection.owner().requireLoop();
    paused = true;
  }

  @Override
  public void resumeReading() {
    connection.owner().requireLoop();
    if (paused) {
      paused = false;
      heardNanos = simulation().nowNanos();
      deliverSoon();
    }
  }

  @Override
  public void idleLimit(Duration limit) {
    connection.owner().requireLoop();
    if (limit.isNegative()) {
      throw new IllegalArgumentException("a negative idle limit: " + limit);
    }
    idleNanos = Simulation.nanos(limit);
    heardNanos = simulation().nowNanos();
    watchIdle(idleNanos);
  }

  /** Takes the next segment out of the queue; null when nothing may be sent now. */
  @Nullable Segment cut() {
    inUplink = false;
    if (!sendable()) {
      return null;
    }
    long allowed = Math.max(1, Math.max(credit, 0) / magnification);
    int size = (int) Math.min(segmentBytes(), Math.min(queuedBytes, allowed));
    byte[] bytes = new byte[size];
    int filled = 0;
    while (filled < size) {
      ByteBuffer head = queue.element();
      int take = Math.min(size - filled, head.remaining());
      head.get(bytes, filled, take);
      filled += take;
      if (!head.hasRemaining()) {
        queue.remove();
      }
    }
    queuedBytes -= size;
    credit -= (long) size * magnification;
    if (full && queuedBytes * magnification < highWaterBytes / 2) {
      full = false;
      connection.notice(this::announceWritable);
    }
    lastSent = closing && queuedBytes == 0;
    return new Segment(bytes, lastSent);
  }

  /** What the segment weighs on links: magnified, and with its framing. */
  long wireBytes(Segment segment) {
    long bytes = (long) segment.bytes().length * magnification;
    long usual = conditions().segmentBytes();
    return bytes + Math.max(1, (bytes + usual - 1) / usual) * conditions().overheadBytes();
  }

  /** The segment has left the uplink. */
  void sent(Segment segment, long wireBytes) {
    if (end == null || end == StreamEnd.FINISHED) {
      connection.sendSegment(this, segment, wireBytes);
      offer();
      finishIfDone();
    }
  }

  /** The other end of this stream; present from the moment that anything can be sent. */
  SimulatedStream other() {
    SimulatedStream present = other;
    if (present == null) {
      throw new IllegalStateException("sending before the stream is open");
    }
    return present;
  }

  void delivered(Segment segment) {
    if (end != null) {
      return;
    }
    heardNanos = simulation().nowNanos();
    if (segment.bytes().length > 0) {
      inbound.add(segment.bytes());
    }
    lastReceived = segment.last();
    deliver();
  }

  void creditArrived(long bytes) {
    if (end == null) {
      credit += bytes;
      offer();
    }
  }

  /** Ends this end without telling the other one. */
  void endWith(StreamEnd how) {
    if (end != null) {
      return;
    }
    end = how;
    queue.clear();
    queuedBytes = 0;
    inbound.clear();
    connection.forget(this);
    if (idleTimer != null) {
      idleTimer.cancel();
    }
    if (handler != null) {
      announceEnd(handler, how);
    }
  }

  private void resetWith(StreamEnd how) {
    if (end == null) {
      endWith(how);
      connection.sendReset(this);
    }
  }

  private boolean sendable() {
    return end == null && !lastSent && (queuedBytes > 0 ? credit > 0 : closing);
  }

  private void offer() {
    if (!inUplink && sendable()) {
      inUplink = true;
      connection.owner().uplink().enqueue(this);
    }
  }

  private void deliverSoon() {
    if (!inbound.isEmpty() || lastReceived) {
      connection.notice(this::deliver);
    }
  }

  private void deliver() {
    StreamHandler receiver = handler;
    if (delivering || receiver == null) {
      return;
    }
    delivering = true;
    while (end == null && !paused && !inbound.isEmpty()) {
      byte[] bytes = inbound.remove();
      receiver.received(this, ByteBuffer.wrap(bytes));
      // Whoever kept the buffer finds nonsense in it here, rather than only on a real network.
      Arrays.fill(bytes, (byte) 0xDB);
      taken(bytes.length);
    }
    delivering = false;
    if (end == null && !paused && lastReceived && inbound.isEmpty() && !endDelivered) {
      endDelivered = true;
      receiver.endOfInput(this);
      finishIfDone();
    }
  }

  private void taken(int bytes) {
    takenBytes += (long) bytes * magnification;
    if (end == null && takenBytes * 2 >= conditions().windowBytes() && !lastReceived) {
      connection.sendCredit(this, takenBytes);
      takenBytes = 0;
    }
  }

  private void finishIfDone() {
    if (lastSent && endDelivered) {
      endWith(StreamEnd.FINISHED);
    }
  }

  private void announceWritable() {
    if (end == null && !closing && !full && handler != null) {
      handler.writable(this);
    }
  }

  private void announceEnd(StreamHandler listener, StreamEnd how) {
    connection.notice(() -> listener.closed(this, how));
  }

  private void watchIdle(long delayNanos) {
    if (idleTimer != null) {
      idleTimer.cancel();
    }
    if (end == null && idleNanos > 0) {
      idleTimer = connection.owner().loop().schedule(Duration.ofNanos(delayNanos), this::checkIdle);
    }
  }

  /** Waiting for ourselves is not idleness: a paused reader hears nothing by its own choice. */
  private void checkIdle() {
    long now = simulation().nowNanos();
    if (paused) {
      heardNanos = now;
    }
    long leftNanos = heardNanos + idleNanos - now;
    if (leftNanos > 0) {
      watchIdle(leftNanos);
    } else {
      resetWith(StreamEnd.IDLE);
    }
  }

  private int segmentBytes() {
    int usual = conditions().segmentBytes();
    return Math.max(Math.min(SEGMENT_BYTES_MIN, usual), usual / magnification);
  }

  private Simulation simulation() {
    return connection.owner().simulation();
  }

  private NetworkConditions conditions() {
    return simulation().conditions();
  }
}
