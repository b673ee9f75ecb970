package org.potluck.peer.simulate;

import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Blocking code that lives in virtual time.
 *
 * <p>The training loop blocks, and a simulation has one thread. So the loop gets a thread of its
 * own, and the two take strict turns: one waits whenever the other runs. What the blocking code
 * wants of the simulation it {@linkplain #ask asks} for; it goes on once an event answers. So its
 * order of steps is a pure function of the events, and no lock is needed.
 */
final class Coroutine {
  private final Semaphore body = new Semaphore(0);
  private final Semaphore simulation = new Semaphore(0);
  private @Nullable Runnable request;
  private @Nullable Throwable failure;
  private boolean asking;
  private boolean answeredAtOnce;
  private boolean killed;
  private boolean ended;

  private Coroutine() {}

  /** Code that may ask. */
  interface Body {
    void run() throws InterruptedException;
  }

  /** Starts something on the simulation's thread and hands over the answer, at once or later. */
  interface Request<T> {
    void start(Consumer<T> answer);
  }

  /** The simulation has dropped this peer; unwinds its code. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("the peer has crashed", null, false, false);
    }
  }

  private static final class Box<T> {
    @Nullable T value;
  }

  /** A coroutine that begins with the first {@link #resume}. */
  static Coroutine of(Body code) {
    Coroutine coroutine = new Coroutine();
    Thread _ = Thread.ofVirtual().start(() -> coroutine.live(code));
    return coroutine;
  }

  boolean ended() {
    return ended;
  }

  /** On the simulation's thread: lets the code run until it asks for something or ends. */
  void resume() {
    do {
      answeredAtOnce = false;
      if (killed || ended) {
        return;
      }
      body.release();
      simulation.acquireUninterruptibly();
      if (failure != null) {
        throw new IllegalStateException("a peer's blocking code failed", failure);
      }
      Runnable next = request;
      request = null;
      if (next != null) {
        asking = true;
        next.run();
        asking = false;
      }
    } while (answeredAtOnce);
  }

  /** On the simulation's thread: the code never goes on. */
  void kill() {
    if (!killed && !ended) {
      killed = true;
      body.release();
      simulation.acquireUninterruptibly();
    }
  }

  /** On the code's thread: waits in virtual time for the answer. */
  <T> T ask(Request<T> what) {
    Box<T> box = new Box<>();
    request =
        () ->
            what.start(
                value -> {
                  box.value = value;
                  if (asking) {
                    answeredAtOnce = true;
                  } else {
                    resume();
                  }
                });
    simulation.release();
    body.acquireUninterruptibly();
    T value = box.value;
    if (killed || value == null) {
      throw new Killed();
    }
    return value;
  }

  private void live(Body code) {
    body.acquireUninterruptibly();
    try {
      if (!killed) {
        code.run();
      }
    } catch (Killed | InterruptedException e) {
      // It is gone.
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    ended = true;
    simulation.release();
  }
}
