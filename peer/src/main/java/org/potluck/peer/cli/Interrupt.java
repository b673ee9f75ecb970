package org.potluck.peer.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM as a request: calls a piece of code, and keeps the process until the command
 * has put everything away and said what went wrong, for {@link #PATIENCE} at most.
 *
 * <p>The process waits for the end of the program, not of the command's work: what was opened
 * before the work began (the node, the dashboard's history, the home folder) is closed after it.
 */
final class Interrupt implements AutoCloseable {
  /** Time for a long step and a large model on a slow disk, and less than init systems wait. */
  static final Duration PATIENCE = Duration.ofSeconds(80);

  private static final CountDownLatch ended = new CountDownLatch(1);
  private static volatile boolean stopping;

  private final Thread hook;

  private Interrupt(Runnable stop) {
    hook = new Thread(() -> await(stop), "interrupt");
  }

  private static void await(Runnable stop) {
    stopping = true;
    stop.run();
    try {
      if (!ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println(
            "potluck: gave up stopping after %d s; what was not saved is lost"
                .formatted(PATIENCE.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Interrupt calls(Runnable stop) {
    Interrupt interrupt = new Interrupt(stop);
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  /**
   * Ends the process with {@code status}, or, where a signal is ending it, with the signal's own
   * unless something went wrong.
   */
  static void exit(int status) {
    if (!stopping) {
      System.exit(status);
    } else if (status != 0) {
      Runtime.getRuntime().halt(status);
    }
    ended.countDown();
  }

  /** From here on a signal ends the process at once. */
  @Override
  public void close() {
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being shut down already, and the hook waits for its end.
    }
  }
}
