package org.potluck.network.rpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.charset.StandardCharsets;

/**
 * One request, one answer.
 *
 * @param protocol the libp2p protocol id, in hivemind's form {@code DHTProtocol.rpc_ping}
 * @param messageBytesMax the largest request or answer that is sent or accepted
 */
public record UnaryMethod<Q extends MessageLite, A extends MessageLite>(
    String protocol, Parser<Q> requestParser, Parser<A> answerParser, int messageBytesMax) {
  /** hivemind's limit of a delimited message. */
  public static final int HIVEMIND_MESSAGE_BYTES_MAX = 4 << 20;

  public UnaryMethod {
    if (messageBytesMax < 1) {
      throw new IllegalArgumentException("messageBytesMax must be positive: " + messageBytesMax);
    }
    if (protocol.getBytes(StandardCharsets.UTF_8).length > CallFrame.NAME_BYTES_MAX) {
      throw new IllegalArgumentException("a name of more than 255 bytes: " + protocol);
    }
  }
}
