package org.potluck.averaging.wire;

import java.io.IOException;

/** Bytes from a remote peer that are not frames; caught where the stream is read. */
public final class FrameException extends IOException {
  private static final long serialVersionUID = 1L;

  public FrameException(String message) {
    super(message);
  }

  public FrameException(String message, Throwable cause) {
    super(message, cause);
  }
}
