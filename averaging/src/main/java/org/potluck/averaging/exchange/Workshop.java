package org.potluck.averaging.exchange;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.potluck.network.EventLoop;

/**
 * Where chunks are encoded, added and decoded: beside the loop, which meanwhile moves bytes and
 * stays able to say that this peer lives.
 *
 * <p>Jobs run one at a time, in the order they were given; results come back on the loop in that
 * order. So it makes no difference to what is computed whether the executor is another thread or,
 * in the simulator, the loop itself.
 */
final class Workshop {
  private final EventLoop loop;
  private final Executor executor;

  /**
   * @param executor runs tasks one at a time, in order
   */
  Workshop(EventLoop loop, Executor executor) {
    this.loop = loop;
    this.executor = executor;
  }

  /**
   * @param job reads and writes only what nobody else writes meanwhile
   * @param then takes its result, on the loop
   */
  <T> void order(Supplier<T> job, Consumer<T> then) {
    executor.execute(
        () -> {
          T result = job.get();
          try {
            loop.execute(() -> then.accept(result));
          } catch (RejectedExecutionException e) {
            // The loop has ended, and this peer with it.
          }
        });
  }
}
