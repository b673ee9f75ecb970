package org.potluck.network.libp2p;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;

/** Puts limits of time on futures. */
final class Deadlines {
  private Deadlines() {}

  /**
   * The outcome of {@code work}, or a failure that says that {@code what} took too long. Failures
   * come unwrapped.
   *
   * @param unwanted gets a result that comes after the deadline
   */
  static <T> CompletableFuture<T> within(
      EventLoop loop,
      Duration limit,
      CompletableFuture<T> work,
      String what,
      Consumer<T> unwanted) {
    CompletableFuture<T> result = new CompletableFuture<>();
    EventLoop.Timer deadline =
        loop.schedule(
            limit,
            () ->
                result.completeExceptionally(
                    new NetworkException(
                        Reason.TIMED_OUT, what + " took longer than " + seconds(limit) + " s")));
    CompletableFuture<Void> _ =
        work.handle(
            (value, failure) -> {
              deadline.cancel();
              if (failure != null) {
                result.completeExceptionally(
                    failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure);
              } else if (!result.complete(value)) {
                unwanted.accept(value);
              }
              return null;
            });
    return result;
  }

  private static String seconds(Duration limit) {
    return limit.toMillis() % 1000 == 0
        ? Long.toString(limit.toSeconds())
        : Double.toString(limit.toMillis() / 1000.0);
  }
}
