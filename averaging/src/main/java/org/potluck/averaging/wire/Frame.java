package org.potluck.averaging.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;

/** One frame that arrived whole; the body is the receiver's to keep. */
public record Frame(FrameKind kind, ByteBuffer body) {
  /**
   * The body as a protobuf message.
   *
   * @throws FrameException when it is none
   */
  public <M extends MessageLite> M parse(Parser<M> parser) throws FrameException {
    try {
      return parser.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new FrameException(kind + " does not parse", e);
    }
  }
}
