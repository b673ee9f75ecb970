package org.potluck.peer.run;

import java.time.Duration;

/** Says what is waited for once the waiting is long enough to be noticed. */
final class LongWait implements AutoCloseable {
  /** Until then people think that the program is busy. */
  static final Duration NOTICED = Duration.ofSeconds(2);

  private final Thread thread;

  private LongWait(Thread thread) {
    this.thread = thread;
  }

  static LongWait saying(Runnable say) {
    return new LongWait(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Thread.sleep(NOTICED);
                  } catch (InterruptedException e) {
                    return; // It was short.
                  }
                  say.run();
                }));
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
