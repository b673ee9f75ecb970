package org.potluck.dht;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.UnaryMethod;

/** What the DHT needs of the RPC layer: asking others, and answering them. */
interface Calls {
  <Q extends MessageLite, A extends MessageLite> CompletableFuture<A> call(
      PeerId to, UnaryMethod<Q, A> method, Q request, Duration timeout);

  <Q extends MessageLite, A extends MessageLite> void serve(
      UnaryMethod<Q, A> method, BiFunction<PeerId, Q, CompletableFuture<A>> handler);
}
