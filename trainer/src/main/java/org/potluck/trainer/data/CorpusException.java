package org.potluck.trainer.data;

import java.io.IOException;
import java.nio.file.Path;

/** The owner's data cannot be used; the message says which path and which setting to change. */
public final class CorpusException extends IOException {
  private static final long serialVersionUID = 1;

  CorpusException(String message) {
    super(message);
  }

  static CorpusException unreadable(Path path) {
    return new CorpusException(
        "data path %s may not be read by this user: change its permissions, or name other paths"
            .formatted(path));
  }
}
