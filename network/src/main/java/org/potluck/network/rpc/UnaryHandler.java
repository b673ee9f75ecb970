package org.potluck.network.rpc;

import java.util.concurrent.CompletableFuture;
import org.potluck.network.PeerId;

/** Answers one kind of unary call. */
@FunctionalInterface
public interface UnaryHandler<Q, A> {
  /**
   * @param caller who asks; proven by the handshake
   * @param request parsed, but untrusted
   * @return completed on the loop; a failure, like an exception, becomes an error answer whose text
   *     the caller sees
   */
  CompletableFuture<A> answer(PeerId caller, Q request);
}
