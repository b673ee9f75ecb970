package org.potluck.network.libp2p.yamux;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.StreamEnd;

/**
 * One yamux session on an authenticated channel; the last handler of its pipeline.
 *
 * <p>Streams take turns, one frame each, while the channel is writable; what they queue beyond that
 * stays with them. Received payload goes to its stream as it arrives, so a frame may be as large as
 * the window without being gathered anywhere. A remote that breaks the rules is sent GO_AWAY and
 * disconnected.
 */
public final class YamuxSession extends ChannelInboundHandlerAdapter {
  /** Answers that a remote may provoke while it does not read any; beyond, it is flooding us. */
  private static final int BLOCKED_CONTROL_FRAMES_MAX = 4096;

  /**
   * Streams that a remote may open in vain, less those that came to a good end. Opening and
   * resetting costs it a few bytes and us a good deal more ("rapid reset", CVE-2023-44487).
   */
  private static final int VAIN_STREAMS_MAX = 1024;

  private final boolean dialer;
  private final PeerId remote;
  private final EventLoop loop;
  private final YamuxOptions options;
  private final WindowBudget budget;
  private final Consumer<YamuxStream> incoming;
  private final Map<Integer, YamuxStream> streams = new LinkedHashMap<>();
  private final Deque<YamuxStream> ready = new ArrayDeque<>();
  private final Map<Integer, Ping> pings = new LinkedHashMap<>();
  private final ByteBuf header = Unpooled.buffer(Frame.HEADER_BYTES);

  private @Nullable ChannelHandlerContext context;
  private int nextId;
  private int nextPing;
  private long windows;
  private int windowLearned = Frame.WINDOW_BYTES_INITIAL;
  private @Nullable Duration roundTrip;
  private boolean pumping;
  private boolean flushDue;
  private int blockedControlFrames;
  private int vainStreams;
  private @Nullable Integer owedPong;
  private boolean goneAway;
  private boolean closed;
  private int payloadLeft;
  private @Nullable YamuxStream payloadStream;
  private boolean payloadEnds;

  /**
   * @param budget of the windows of all sessions
   * @param incoming gets the streams that the remote opens
   */
  public YamuxSession(
      boolean dialer,
      PeerId remote,
      EventLoop loop,
      YamuxOptions options,
      WindowBudget budget,
      Consumer<YamuxStream> incoming) {
    this.dialer = dialer;
    this.remote = remote;
    this.loop = loop;
    this.options = options;
    this.budget = budget;
    this.incoming = incoming;
    nextId = dialer ? 1 : 2;
  }

  /** A new stream; empty when the session is closing or has as many as it may. */
  public Optional<YamuxStream> open() {
    if (closed || goneAway || context == null || streams.size() >= options.streamsMax()) {
      return Optional.empty();
    }
    YamuxStream stream = new YamuxStream(this, nextId);
    nextId += 2;
    add(stream);
    control(Frame.WINDOW_UPDATE, Frame.SYN, stream.id(), 0);
    return Optional.of(stream);
  }

  public int streams() {
    return streams.size();
  }

  /** Measures the round-trip time; never answers when the connection is lost first. */
  public void ping(Consumer<Duration> roundTrip) {
    if (!closed && pings.size() < 16) {
      pings.put(nextPing, new Ping(loop.now(), roundTrip));
      control(Frame.PING, Frame.SYN, 0, nextPing++);
    }
  }

  /** Says good-bye, resets all streams and closes the channel. */
  public void close() {
    close(Frame.GO_AWAY_NORMAL, StreamEnd.RESET_BY_US);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelInactive(ChannelHandlerContext lost) throws Exception {
    closeStreams(StreamEnd.CONNECTION_LOST);
    super.channelInactive(lost);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) throws Exception {
    if (changed.channel().isWritable()) {
      blockedControlFrames = 0;
      sendOwedPong();
    }
    pump();
    super.channelWritabilityChanged(changed);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext read) throws Exception {
    flushSoon();
    super.channelReadComplete(read);
  }

  @Override
  public void channelRead(ChannelHandlerContext read, Object message) {
    if (!(message instanceof ByteBuf bytes)) {
      ReferenceCountUtil.release(message);
      return;
    }
    try {
      while (bytes.isReadable() && !closed) {
        if (payloadLeft > 0) {
          takePayload(bytes);
        } else if (takeHeader(bytes)) {
          act();
        }
      }
    } catch (RuntimeException e) {
      close(Frame.GO_AWAY_PROTOCOL_ERROR, StreamEnd.CONNECTION_LOST);
      throw e;
    } finally {
      bytes.release();
    }
  }

  /** Who is at the other end. */
  public PeerId remote() {
    return remote;
  }

  EventLoop loop() {
    return loop;
  }

  YamuxOptions options() {
    return options;
  }

  void ready(YamuxStream stream) {
    if (!stream.inLine) {
      stream.inLine = true;
      ready.add(stream);
    }
    pump();
  }

  void control(int type, int flags, int stream, int length) {
    ChannelHandlerContext to = context;
    if (to == null || closed) {
      return;
    }
    if (!to.channel().isWritable() && ++blockedControlFrames > BLOCKED_CONTROL_FRAMES_MAX) {
      ChannelFuture _ = to.channel().close();
      return;
    }
    write(Frame.header(to.alloc(), type, flags, stream, length));
  }

  /** Takes ownership of {@code payload}. */
  void data(int stream, ByteBuf payload) {
    if (context == null || closed) {
      payload.release();
      return;
    }
    write(Frame.header(context.alloc(), Frame.DATA, 0, stream, payload.readableBytes()));
    write(payload);
  }

  /**
   * Grows a window that is too small for the path to {@code wanted}, or to what another stream of
   * this session came to need, if that is more.
   *
   * @return by how much; less, or nothing, where limits are reached
   */
  int growWindow(int window, long wanted) {
    long aim = Math.min(Math.max(wanted, windowLearned), options.windowBytesMax());
    long room = Math.min(aim - window, options.windowsBytesMax() - windows);
    int granted = budget.take((int) Math.max(0, room));
    windows += granted;
    windowLearned = Math.max(windowLearned, window + granted);
    return granted;
  }

  /** The largest window that a stream of this session came to need. */
  int windowLearned() {
    return windowLearned;
  }

  /**
   * The shortest round trip measured; empty before the first. Others may have waited behind our own
   * data, and a window that grew with them would only lengthen that queue.
   */
  Optional<Duration> roundTrip() {
    return Optional.ofNullable(roundTrip);
  }

  /** A stream ended as both sides wanted it to. */
  void finished() {
    vainStreams = Math.max(0, vainStreams - 1);
  }

  void forget(YamuxStream stream, int window) {
    if (streams.remove(stream.id()) != null) {
      windows -= window;
      budget.giveBack(window - Frame.WINDOW_BYTES_INITIAL);
    }
    if (payloadStream == stream) {
      payloadStream = null;
    }
  }

  private void add(YamuxStream stream) {
    streams.put(stream.id(), stream);
    windows += Frame.WINDOW_BYTES_INITIAL;
  }

  private void pump() {
    if (pumping || closed || context == null) {
      return;
    }
    pumping = true;
    List<YamuxStream> sent = new ArrayList<>();
    try {
      while (!ready.isEmpty() && context.channel().isWritable()) {
        YamuxStream stream = ready.remove();
        boolean more = stream.sendSome();
        if (more) {
          ready.add(stream);
        } else {
          stream.inLine = false;
          sent.add(stream);
        }
      }
    } finally {
      pumping = false;
    }
    flushSoon();
    sent.addAll(ready);
    sent.forEach(YamuxStream::announceWritable);
  }

  private void write(ByteBuf bytes) {
    ChannelHandlerContext to = context;
    if (to == null) {
      bytes.release();
      return;
    }
    ChannelFuture _ = to.write(bytes, to.voidPromise());
    if (!flushDue) {
      flushDue = true;
      loop.execute(this::flushSoon);
    }
  }

  private void flushSoon() {
    if (flushDue && context != null) {
      flushDue = false;
      context.flush();
    }
  }

  private boolean takeHeader(ByteBuf bytes) {
    header.writeBytes(bytes, Math.min(bytes.readableBytes(), header.writableBytes()));
    return header.readableBytes() == Frame.HEADER_BYTES;
  }

  private void act() {
    int version = header.readUnsignedByte();
    int type = header.readUnsignedByte();
    int flags = header.readUnsignedShort();
    int id = header.readInt();
    long length = header.readUnsignedInt();
    header.clear();
    if (version != 0) {
      violated();
      return;
    }
    switch (type) {
      case Frame.DATA, Frame.WINDOW_UPDATE -> streamFrame(type, flags, id, length);
      case Frame.PING -> pinged(flags, (int) length);
      case Frame.GO_AWAY -> goneAway = true;
      default -> violated();
    }
  }

  private void streamFrame(int type, int flags, int id, long length) {
    if ((flags & Frame.SYN) != 0 && !accepted(id)) {
      violated();
      return;
    }
    YamuxStream stream = streams.get(id);
    if (type == Frame.DATA) {
      if (length > options.windowBytesMax() || (stream != null && !stream.accept((int) length))) {
        violated();
        return;
      }
      payloadLeft = (int) length;
      payloadStream = stream;
      payloadEnds = (flags & Frame.FIN) != 0;
    } else if (stream != null && length > 0 && !stream.credit(length)) {
      violated();
      return;
    }
    if (stream == null) {
      return; // one that we closed: the remote did not know yet
    }
    if ((flags & Frame.RST) != 0) {
      stream.end(StreamEnd.RESET_BY_REMOTE);
      countVain();
    } else if ((flags & Frame.FIN) != 0 && payloadLeft == 0) {
      stream.finReceived();
    }
  }

  /** Opens the remote's stream; false when its id cannot be. */
  private boolean accepted(int id) {
    boolean remoteParity = (id & 1) == (dialer ? 0 : 1);
    if (id == 0 || !remoteParity || streams.containsKey(id)) {
      return false;
    }
    boolean roomForWindow = windows + Frame.WINDOW_BYTES_INITIAL <= options.windowsBytesMax();
    if (streams.size() >= options.streamsMax() || !roomForWindow) {
      control(Frame.WINDOW_UPDATE, Frame.RST, id, 0);
      countVain();
      return true;
    }
    YamuxStream stream = new YamuxStream(this, id);
    add(stream);
    control(Frame.WINDOW_UPDATE, Frame.ACK, id, 0);
    incoming.accept(stream);
    return true;
  }

  private void countVain() {
    if (++vainStreams > VAIN_STREAMS_MAX) {
      violated();
    }
  }

  private void takePayload(ByteBuf bytes) {
    int size = Math.min(payloadLeft, bytes.readableBytes());
    payloadLeft -= size;
    YamuxStream stream = payloadStream;
    if (stream == null) {
      bytes.skipBytes(size);
      return;
    }
    stream.received(bytes.readRetainedSlice(size));
    if (payloadLeft == 0 && payloadEnds && payloadStream != null) {
      stream.finReceived();
    }
  }

  private void pinged(int flags, int value) {
    if ((flags & Frame.SYN) != 0) {
      owedPong = value;
      sendOwedPong();
    } else {
      Ping ping = pings.remove(value);
      if (ping != null) {
        Duration measured = Duration.between(ping.sent(), loop.now());
        if (roundTrip == null || measured.compareTo(roundTrip) < 0) {
          roundTrip = measured;
        }
        ping.roundTrip().accept(measured);
      }
    }
  }

  /** A remote that does not read is owed one answer, to its latest ping. */
  private void sendOwedPong() {
    if (owedPong != null && context != null && context.channel().isWritable()) {
      int value = owedPong;
      owedPong = null;
      control(Frame.PING, Frame.ACK, 0, value);
    }
  }

  private void violated() {
    close(Frame.GO_AWAY_PROTOCOL_ERROR, StreamEnd.CONNECTION_LOST);
  }

  private void close(int reason, StreamEnd end) {
    ChannelHandlerContext channel = context;
    if (closed || channel == null) {
      return;
    }
    control(Frame.GO_AWAY, 0, 0, reason);
    channel.flush();
    closeStreams(end);
    ChannelFuture _ = channel.close();
  }

  private void closeStreams(StreamEnd end) {
    closed = true;
    List.copyOf(streams.values()).forEach(stream -> stream.end(end));
    ready.clear();
    pings.clear();
  }

  private record Ping(Instant sent, Consumer<Duration> roundTrip) {}
}
