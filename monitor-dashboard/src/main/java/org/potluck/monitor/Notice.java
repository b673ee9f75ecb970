package org.potluck.monitor;

import java.time.Instant;

/** Something that happened, in words a volunteer understands. */
public record Notice(Severity severity, String text, Instant at) {
  public Notice {
    text = Clip.line(text, Clip.SENTENCE);
  }

  /** How much it matters. */
  public enum Severity {
    INFO,
    WARNING,
    ERROR
  }
}
