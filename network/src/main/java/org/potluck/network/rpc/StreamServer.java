package org.potluck.network.rpc;

import org.potluck.network.PeerId;

/** Answers one kind of streaming call. */
@FunctionalInterface
public interface StreamServer<Q, A> {
  /**
   * A peer has begun a call.
   *
   * @return receives its messages; an exception thrown by it ends the call with an error
   */
  MessageReceiver<Q> accept(PeerId caller, MessageStream<A> answers);
}
