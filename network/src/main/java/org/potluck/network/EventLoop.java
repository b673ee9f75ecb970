package org.potluck.network;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * The one thread on which a peer's protocol logic runs, and its clock.
 *
 * <p>Tasks run one at a time, in the order they became due, ties in the order they were submitted.
 * On Netty this is a thread and wall-clock time; in the simulator it is a queue and virtual time.
 * Protocol logic never blocks, sleeps, or reads another clock.
 */
public interface EventLoop extends Executor {
  /** The clock that {@link #schedule} counts on. */
  InstantSource clock();

  /** The present instant on this loop's clock. */
  default Instant now() {
    return clock().instant();
  }

  /**
   * Runs {@code task} on this loop once {@code delay} has passed.
   *
   * @param delay zero or more; zero runs after everything already submitted
   */
  Timer schedule(Duration delay, Runnable task);

  /** Whether the caller is on this loop. */
  boolean inLoop();

  /** A task that has not run yet. */
  interface Timer {
    /** Keeps the task from running; without effect once it ran. Call on the loop. */
    void cancel();
  }
}
