package org.potluck.network.libp2p.yamux;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.potluck.network.EventLoop;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;

/** Two sessions with a link between them that is long or narrow or both, in virtual time. */
final class LongLink {
  private static final PeerId SOMEBODY = Identity.generate(new SplittableRandom(1)).peerId();

  private final double bytesPerSecond;
  private final long delayNanos;
  private final TimedLoop loop = new TimedLoop();
  private final YamuxSession sender;
  private final YamuxSession receiver;
  private final Way there;
  private final Way back;
  final List<Sink> sinks = new ArrayList<>();

  /** How long window updates wait behind what the receiver itself sends. */
  Duration queueBack = Duration.ZERO;

  /** What the receiver does not read. */
  boolean paused;

  LongLink(
      double megabitsPerSecond, Duration roundTrip, YamuxOptions options, WindowBudget budget) {
    bytesPerSecond = megabitsPerSecond * 125_000;
    delayNanos = roundTrip.toNanos() / 2;
    sender = new YamuxSession(true, SOMEBODY, loop, options, budget, stream -> {});
    receiver = new YamuxSession(false, SOMEBODY, loop, options, budget, this::receive);
    EmbeddedChannel from = new EmbeddedChannel(sender);
    EmbeddedChannel to = new EmbeddedChannel(receiver);
    there = new Way(from, to);
    back = new Way(to, from);
    receiver.ping(measured -> {});
    pass(roundTrip.multipliedBy(2));
  }

  /** Opens a stream over which as much is sent as goes. */
  Stream sendAlways() {
    YamuxStream stream = sender.open().orElseThrow();
    Source source = new Source();
    stream.handler(source);
    source.writable(stream);
    carry();
    return stream;
  }

  /** Ends both sessions and lets go of all buffers. */
  void close() {
    sender.close();
    receiver.close();
    pass(Duration.ofDays(1));
    there.from.finishAndReleaseAll();
    there.to.finishAndReleaseAll();
  }

  /** Lets {@code time} pass. */
  void pass(Duration time) {
    long end = loop.nanos + time.toNanos();
    while (!loop.tasks.isEmpty() && loop.tasks.peek().nanos() <= end) {
      Task next = loop.tasks.remove();
      loop.nanos = next.nanos();
      next.what().run();
      carry();
    }
    loop.nanos = end;
  }

  /** Bytes that all sinks have taken. */
  long taken() {
    return sinks.stream().mapToLong(sink -> sink.bytes).sum();
  }

  /** Of what the link carries, the share that is used within {@code time} from now on. */
  double shareUsed(Duration time) {
    long before = taken();
    pass(time);
    return (taken() - before) / (bytesPerSecond * time.toNanos() / 1e9);
  }

  private void receive(YamuxStream stream) {
    Sink sink = new Sink(stream);
    sinks.add(sink);
    if (paused) {
      stream.pauseReading();
    }
    stream.handler(sink);
  }

  private void carry() {
    there.carry();
    back.carry();
  }

  private final class Way {
    private final EmbeddedChannel from;
    private final EmbeddedChannel to;
    private long freeAt;

    Way(EmbeddedChannel from, EmbeddedChannel to) {
      this.from = from;
      this.to = to;
    }

    void carry() {
      ByteBuf bytes = from.readOutbound();
      while (bytes != null) {
        ByteBuf carried = bytes;
        freeAt = Math.max(freeAt, loop.nanos);
        freeAt += Math.round(bytes.readableBytes() * 1e9 / bytesPerSecond);
        long queued = this == back ? queueBack.toNanos() : 0;
        loop.at(
            freeAt + delayNanos + queued,
            () -> {
              if (to.isOpen()) {
                boolean _ = to.writeInbound(carried);
              } else {
                carried.release();
              }
            });
        bytes = from.readOutbound();
      }
    }
  }

  /** Never has nothing to send. */
  private static final class Source implements StreamHandler {
    private static final int BYTES = 64 << 10;

    @Override
    public void received(Stream stream, ByteBuffer data) {
      data.position(data.limit());
    }

    @Override
    public void writable(Stream stream) {
      while (stream.writable()) {
        stream.write(ByteBuffer.allocate(BYTES));
      }
    }
  }

  /** Takes what comes. */
  static final class Sink implements StreamHandler {
    final YamuxStream stream;
    long bytes;

    Sink(YamuxStream stream) {
      this.stream = stream;
    }

    @Override
    public void received(Stream from, ByteBuffer data) {
      bytes += data.remaining();
      data.position(data.limit());
    }
  }

  private record Task(long nanos, long number, Runnable what) {}

  private static final class TimedLoop implements EventLoop {
    private final PriorityQueue<Task> tasks =
        new PriorityQueue<>(Comparator.comparingLong(Task::nanos).thenComparingLong(Task::number));
    private long nanos;
    private long count;

    void at(long when, Runnable task) {
      tasks.add(new Task(when, count++, task));
    }

    @Override
    public InstantSource clock() {
      return () -> Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public void execute(Runnable task) {
      at(nanos, task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      Task planned = new Task(nanos + delay.toNanos(), count++, task);
      tasks.add(planned);
      return () -> tasks.remove(planned);
    }

    @Override
    public boolean inLoop() {
      return true;
    }
  }
}
