package org.potluck.network.rpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;

/**
 * Any number of messages each way.
 *
 * @param protocol the libp2p protocol id, in hivemind's form {@code
 *     DecentralizedAverager.rpc_aggregate_part}
 * @param messageBytesMax the largest message that is sent or accepted
 */
public record StreamMethod<Q extends MessageLite, A extends MessageLite>(
    String protocol, Parser<Q> requestParser, Parser<A> answerParser, int messageBytesMax) {
  public StreamMethod {
    if (messageBytesMax < 1) {
      throw new IllegalArgumentException("messageBytesMax must be positive: " + messageBytesMax);
    }
  }
}
