package org.potluck.network.libp2p.yamux;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.potluck.network.EventLoop;

/** A loop whose tasks run when the test says so; its clock stands still. */
final class QueueLoop implements EventLoop {
  private final Deque<Runnable> tasks = new ArrayDeque<>();

  @Override
  public InstantSource clock() {
    return InstantSource.fixed(Instant.EPOCH);
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Time stands still, so no timer is ever due. */
  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return () -> {};
  }

  @Override
  public boolean inLoop() {
    return true;
  }

  boolean runAll() {
    boolean ran = !tasks.isEmpty();
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
    return ran;
  }
}
