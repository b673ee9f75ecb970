package org.potluck.trainer.data;

import java.io.IOException;

/** The owner's data cannot be used; the message says which path and which setting to change. */
public final class CorpusException extends IOException {
  private static final long serialVersionUID = 1;

  CorpusException(String message) {
    super(message);
  }
}
