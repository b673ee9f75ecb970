package org.potluck.network.libp2p;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.potluck.network.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A peer's event loop as one Netty thread: sockets, timers and protocol logic take turns on it. */
public final class NettyLoop implements EventLoop {
  private static final Logger LOG = LoggerFactory.getLogger(NettyLoop.class);

  private final MultiThreadIoEventLoopGroup group;
  private final io.netty.channel.EventLoop loop;

  private NettyLoop(String name) {
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory(name, true), Transport.HERE.ioHandler());
    loop = group.next();
  }

  /** Starts a loop whose thread is called after {@code name}. */
  public static NettyLoop start(String name) {
    return new NettyLoop(name);
  }

  @Override
  public InstantSource clock() {
    return InstantSource.system();
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(() -> guarded(task));
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    Future<?> scheduled = loop.schedule(() -> guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  @Override
  public boolean inLoop() {
    return loop.inEventLoop();
  }

  /** Ends the thread; tasks that have not run are dropped. From any thread. */
  public void stop() {
    Future<?> _ = group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
  }

  io.netty.channel.EventLoop netty() {
    return loop;
  }

  /** A task that fails is a bug of ours; it must not take the others with it. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("a task of the event loop failed", e);
    }
  }
}
