package org.potluck.network.rpc;

import java.time.Duration;
import org.potluck.network.PeerId;

/**
 * Our side of a streaming call: where messages of type {@code S} are sent. Called on the loop.
 *
 * @param <S> what this side sends
 */
public interface MessageStream<S> {
  /** Who is at the other end. */
  PeerId remote();

  /**
   * Queues a message; without effect once the call is over.
   *
   * @throws IllegalArgumentException when it is larger than the method allows
   */
  void send(S message);

  /** Whether more may be sent without piling up memory; see {@link MessageReceiver#writable}. */
  boolean writable();

  /** Bytes queued and not yet handed to the operating system. */
  long queuedBytes();

  /** Nothing more will be sent from this side. Receiving goes on. */
  void end();

  /** Tells the other side why, where this side answers, and ends the call. */
  void fail(String message);

  /** Ends the call at once in both directions. */
  void cancel();

  /** Stops receiving; messages of the frame at hand may still come. */
  void pauseReceiving();

  void resumeReceiving();

  /** Ends the call when nothing arrives for {@code limit}. */
  void idleLimit(Duration limit);
}
