package org.potluck.network.libp2p.yamux;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/**
 * One stream of a {@link YamuxSession}.
 *
 * <p>The handler may be replaced, also from within {@link StreamHandler#received}: what the old one
 * left unread goes to the new one. Protocol negotiation hands a stream over in this way.
 */
public final class YamuxStream implements Stream {
  /**
   * A window is to be as long as what arrives in so many round trips. A sender that waits for the
   * window sends all of it in each, so it grows fourfold every time; one that does not, no more.
   */
  private static final int WINDOW_ROUND_TRIPS = 4;

  /**
   * A window update may wait much longer than a round trip behind what the receiver itself sends:
   * on a home's uplink, several tenths of a second. So on any path a window is as long as what
   * arrives in {@link #WINDOW_ROUND_TRIPS} of these ...
   */
  private static final Duration QUEUE = Duration.ofMillis(500);

  /** ... but for paths so fast that this would be more: their queues are short. */
  private static final long QUEUE_BYTES_MAX = 4 << 20;

  /** So much within one of them is a bulk transfer, which will need what an earlier one did. */
  private static final int BULK_BYTES = 64 << 10;

  /** Added to the round trip: the two ends' own delays. */
  private static final Duration OWN_DELAYS = Duration.ofMillis(3);

  /** Taken for the round trip before one was measured. */
  private static final Duration ROUND_TRIP_UNKNOWN = Duration.ofMillis(100);

  /** Unread pieces smaller than this are copied together. */
  private static final int CRUMB = 4096;

  /** The buffers that they are copied into. */
  private static final int JAR = 2 * CRUMB;

  private final YamuxSession session;
  private final int id;
  private final Deque<ByteBuf> outbox = new ArrayDeque<>();
  private final Deque<ByteBuf> inbox = new ArrayDeque<>();

  private String protocol = "";
  private @Nullable StreamHandler handler;
  private long queuedBytes;
  private long sendWindow = Frame.WINDOW_BYTES_INITIAL;
  private int receiveWindow = Frame.WINDOW_BYTES_INITIAL;
  private long receivable = Frame.WINDOW_BYTES_INITIAL;
  private int consumed;
  private final Arrivals perTrip = new Arrivals();
  private final Arrivals perQueue = new Arrivals();
  private long highWaterBytes;
  private long lowWaterBytes;
  private boolean unwritable;
  private boolean reading = true;
  private boolean delivering;
  private boolean writeClosed;
  private boolean finSent;
  private boolean finReceived;
  private boolean endDelivered;
  private boolean closed;
  private @Nullable StreamEnd untoldEnd;
  private @Nullable Preamble preamble;

  /** Whether it waits in the session's line of streams with something to send. */
  boolean inLine;

  private Duration idleLimit = Duration.ZERO;
  private Instant lastHeard;
  private EventLoop.@Nullable Timer idleTimer;

  YamuxStream(YamuxSession session, int id) {
    this.session = session;
    this.id = id;
    highWaterBytes = session.options().writeHighWaterBytes();
    lowWaterBytes = session.options().writeLowWaterBytes();
    lastHeard = session.loop().now();
  }

  @Override
  public PeerId remote() {
    return session.remote();
  }

  @Override
  public String protocol() {
    return protocol;
  }

  /** Names the protocol once it is negotiated. */
  public void protocol(String negotiated) {
    protocol = negotiated;
  }

  @Override
  public void handler(StreamHandler next) {
    handler = next;
    if (untoldEnd != null) {
      StreamEnd end = untoldEnd;
      untoldEnd = null;
      session.loop().execute(() -> next.closed(this, end));
    } else if (!delivering) {
      deliver();
    }
  }

  /** Takes the handler away: what arrives waits for the next one. */
  public void detach() {
    handler = null;
  }

  /**
   * Lets {@code first} read the stream before the handler does. The end of what we send waits until
   * it has: js-libp2p loses an end that arrives while it still negotiates.
   */
  public void preamble(Preamble first) {
    preamble = first;
  }

  /** Reads the beginning of a stream. */
  @FunctionalInterface
  public interface Preamble {
    /** Consumes what is its own of {@code data}; true once all that follows is the handler's. */
    boolean read(ByteBuffer data);
  }

  @Override
  public void write(ByteBuffer data) {
    if (closed || writeClosed || !data.hasRemaining()) {
      return;
    }
    queuedBytes += data.remaining();
    outbox.add(Unpooled.wrappedBuffer(data));
    unwritable |= queuedBytes >= highWaterBytes;
    session.ready(this);
  }

  @Override
  public boolean writable() {
    return !closed && queuedBytes < highWaterBytes;
  }

  @Override
  public void highWater(int bytes) {
    highWaterBytes = bytes;
    lowWaterBytes = bytes / 2;
  }

  @Override
  public long queuedBytes() {
    return queuedBytes;
  }

  @Override
  public void closeWrite() {
    if (!closed && !writeClosed) {
      writeClosed = true;
      session.ready(this);
    }
  }

  @Override
  public void reset() {
    if (!closed) {
      session.control(Frame.WINDOW_UPDATE, Frame.RST, id, 0);
      end(StreamEnd.RESET_BY_US);
    }
  }

  @Override
  public void pauseReading() {
    reading = false;
  }

  @Override
  public void resumeReading() {
    reading = true;
    if (!delivering) {
      deliver();
    }
  }

  @Override
  public void idleLimit(Duration limit) {
    idleLimit = limit;
    watchIdle(limit);
  }

  int id() {
    return id;
  }

  /** Sends one frame's worth; returns whether there is more that may be sent now. */
  boolean sendSome() {
    if (closed) {
      return false;
    }
    int budget = (int) Math.min(sendWindow, Frame.DATA_BYTES_MAX);
    ByteBuf first = outbox.peek();
    if (first != null && budget > 0) {
      int size = Math.min(budget, first.readableBytes());
      ByteBuf payload = first.readRetainedSlice(size);
      if (!first.isReadable()) {
        outbox.remove().release();
      }
      sendWindow -= size;
      queuedBytes -= size;
      session.data(id, payload);
    }
    if (outbox.isEmpty() && writeClosed && !finSent && preamble == null) {
      finSent = true;
      session.control(Frame.WINDOW_UPDATE, Frame.FIN, id, 0);
      endIfFinished();
    }
    return !outbox.isEmpty() && sendWindow > 0;
  }

  /** Tells the handler that it may write again, where it was told that it may not. */
  void announceWritable() {
    if (unwritable && !closed && queuedBytes <= lowWaterBytes) {
      unwritable = false;
      if (handler != null) {
        handler.writable(this);
      }
    }
  }

  /** The remote lets us send {@code bytes} more; false when it overflows all sense. */
  boolean credit(long bytes) {
    sendWindow += bytes;
    if (sendWindow > Integer.MAX_VALUE * 2L) {
      return false;
    }
    session.ready(this);
    return true;
  }

  /** Whether the remote may send {@code bytes} within the window it was given. */
  boolean accept(int bytes) {
    receivable -= bytes;
    return receivable >= 0;
  }

  /** Takes ownership of {@code payload}. */
  void received(ByteBuf payload) {
    lastHeard = session.loop().now();
    arrived(payload.readableBytes());
    if (closed || finReceived) {
      payload.release();
      return;
    }
    inbox.add(payload);
    if (!delivering) {
      deliver();
    }
    keepSmall();
  }

  /**
   * A slice holds on to all of the buffer that it was cut from, so crumbs that nobody reads could
   * hold far more memory than the window: they are gathered into a buffer of their own.
   */
  private void keepSmall() {
    ByteBuf last = inbox.peekLast();
    if (last == null || delivering || last.unwrap() == null || last.readableBytes() >= CRUMB) {
      return;
    }
    inbox.removeLast();
    ByteBuf before = inbox.peekLast();
    if (before != null && before.isWritable(last.readableBytes()) && before.maxCapacity() == JAR) {
      before.writeBytes(last);
    } else {
      inbox.add(Unpooled.buffer(JAR, JAR).writeBytes(last));
    }
    last.release();
  }

  void finReceived() {
    finReceived = true;
    lastHeard = session.loop().now();
    if (!delivering) {
      deliver();
    }
  }

  /** Ends both directions without another word on the wire. */
  void end(StreamEnd end) {
    if (closed) {
      return;
    }
    closed = true;
    session.forget(this, receiveWindow);
    outbox.forEach(ByteBuf::release);
    outbox.clear();
    queuedBytes = 0;
    if (!delivering) {
      inbox.forEach(ByteBuf::release);
      inbox.clear();
    }
    if (idleTimer != null) {
      idleTimer.cancel();
    }
    if (handler != null) {
      handler.closed(this, end);
    } else {
      untoldEnd = end;
    }
  }

  private void deliver() {
    delivering = true;
    try {
      while (handler != null && reading && !closed && !inbox.isEmpty()) {
        ByteBuf payload = inbox.element();
        deliver(payload);
        if (!payload.isReadable()) {
          inbox.remove().release();
        }
      }
    } finally {
      delivering = false;
      if (closed) {
        inbox.forEach(ByteBuf::release);
        inbox.clear();
      }
    }
    if (finReceived && inbox.isEmpty() && !endDelivered && handler != null && !closed) {
      endDelivered = true;
      endPreamble();
      handler.endOfInput(this);
      endIfFinished();
    }
  }

  @SuppressWarnings("ReferenceEquality") // whether this very handler was replaced
  private void deliver(ByteBuf payload) {
    StreamHandler receiver = handler;
    if (receiver == null) {
      return;
    }
    ByteBuffer data = payload.nioBuffer().asReadOnlyBuffer();
    int before = data.remaining();
    if (preamble != null && preamble.read(data)) {
      endPreamble();
    }
    if (preamble == null && data.hasRemaining() && !closed) {
      receiver.received(this, data);
    }
    int taken = before - data.remaining();
    payload.skipBytes(taken);
    consumed(taken);
    if (payload.isReadable() && receiver == handler && reading && !closed) {
      throw new IllegalStateException("a handler of " + protocol + " left bytes unread");
    }
  }

  private void endPreamble() {
    preamble = null;
    if (writeClosed && !closed) {
      session.ready(this);
    }
  }

  private void consumed(int bytes) {
    consumed += bytes;
    if (closed || finReceived) {
      return;
    }
    long wanted = windowWanted();
    int grow = wanted < 2L * receiveWindow ? 0 : session.growWindow(receiveWindow, wanted);
    if (grow == 0 && consumed < receiveWindow / 2) {
      return;
    }
    int delta = consumed + grow;
    receiveWindow += grow;
    receivable += delta;
    consumed = 0;
    session.control(Frame.WINDOW_UPDATE, 0, id, delta);
  }

  private long windowWanted() {
    boolean bulk = perQueue.most() >= BULK_BYTES;
    long known = Math.max(WINDOW_ROUND_TRIPS * perQueue.most(), bulk ? session.windowLearned() : 0);
    return Math.max(WINDOW_ROUND_TRIPS * perTrip.most(), Math.min(known, QUEUE_BYTES_MAX));
  }

  /** Counts what comes in each round trip, which shows what the path holds (right-sizing). */
  private void arrived(int bytes) {
    Duration trip = session.roundTrip().orElse(ROUND_TRIP_UNKNOWN).plus(OWN_DELAYS);
    perTrip.count(bytes, lastHeard, trip);
    perQueue.count(bytes, lastHeard, QUEUE);
  }

  private void endIfFinished() {
    if (finSent && endDelivered && !closed) {
      session.finished();
      end(StreamEnd.FINISHED);
    }
  }

  private void watchIdle(Duration delay) {
    if (idleTimer != null) {
      idleTimer.cancel();
      idleTimer = null;
    }
    if (!closed && idleLimit.isPositive()) {
      idleTimer = session.loop().schedule(delay, this::checkIdle);
    }
  }

  private void checkIdle() {
    Duration left = idleLimit.minus(Duration.between(lastHeard, session.loop().now()));
    if (left.isPositive()) {
      watchIdle(left);
    } else if (!closed) {
      session.control(Frame.WINDOW_UPDATE, Frame.RST, id, 0);
      end(StreamEnd.IDLE);
    }
  }
}
