package org.potluck.dht;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.UnaryMethod;

/** The half of {@code Rpc} that a search needs: asking others. */
@FunctionalInterface
interface Calls {
  <Q extends MessageLite, A extends MessageLite> CompletableFuture<A> call(
      PeerId to, UnaryMethod<Q, A> method, Q request, Duration timeout);
}
