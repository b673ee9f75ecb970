package org.potluck.trainer.data;

/** Hears how far the reading of a corpus is. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (_, _) -> {};

  /**
   * Called now and then, from the thread that opens the corpus.
   *
   * @param source what is being read
   * @param bytes text gathered so far, in all
   */
  void gathered(String source, long bytes);
}
