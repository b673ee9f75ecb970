package org.potluck.trainer.checkpoint;

import java.io.IOException;

/** A checkpoint cannot be read; the message says which file and what is wrong with it. */
public final class CheckpointException extends IOException {
  private static final long serialVersionUID = 1;

  CheckpointException(String message) {
    super(message);
  }
}
