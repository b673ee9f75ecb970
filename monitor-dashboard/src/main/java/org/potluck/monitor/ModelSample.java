package org.potluck.monitor;

import java.time.Instant;

/** A text the model wrote at an epoch, continuing the prompt. */
public record ModelSample(long epoch, Instant at, String prompt, String text) {
  public ModelSample {
    prompt = Clip.text(prompt, Clip.TEXT);
    text = Clip.text(text, Clip.TEXT);
  }
}
