package org.potluck.averaging.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;

/**
 * One frame that arrived whole.
 *
 * @param body valid only while the frame is handled, unless its receiver had it gathered in a
 *     buffer of its own
 */
public record Frame(FrameKind kind, ByteBuffer body) {
  /**
   * @param marker the kind as it stood in the frame
   * @throws FrameException when there is no such kind
   */
  public static Frame of(int marker, ByteBuffer body) throws FrameException {
    FrameKind kind = FrameKind.of(marker);
    if (kind == null) {
      throw new FrameException("frame of unknown kind " + marker);
    }
    return new Frame(kind, body);
  }

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

  /** The same with a body of its own. */
  public Frame copy() {
    return new Frame(kind, ByteBuffer.allocate(body.remaining()).put(body.duplicate()).flip());
  }
}
