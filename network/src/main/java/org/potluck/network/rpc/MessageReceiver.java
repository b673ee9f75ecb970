package org.potluck.network.rpc;

import java.util.Optional;
import org.potluck.network.NetworkException;

/**
 * Our side of a streaming call: where messages of type {@code R} arrive. Called on the loop.
 *
 * <p>Where this side answers, an exception becomes an error at the caller. Where it calls, an
 * exception is an error of our own and is left to the loop.
 *
 * @param <R> what the other side sends
 */
public interface MessageReceiver<R> {
  /** A message; parsed, but untrusted. */
  void message(R message);

  /** The other side will send nothing more. */
  default void endOfMessages() {}

  /** The queue has drained after {@link MessageStream#writable()} was false. */
  default void writable() {}

  /**
   * The call is over. Called exactly once, and nothing after it.
   *
   * @param trouble empty when both sides ended after sending all they had
   */
  default void closed(Optional<NetworkException> trouble) {}
}
