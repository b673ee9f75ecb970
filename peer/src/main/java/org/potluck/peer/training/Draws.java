package org.potluck.peer.training;

import org.potluck.network.PeerId;
import org.potluck.trainer.SampleDraw;

/** Whose samples are whose: everybody can tell which ones a peer had to compute. */
public final class Draws {
  /** Micro-batches per epoch and peer never reach this, so that draws of epochs do not overlap. */
  private static final long PER_EPOCH = 1L << 20;

  private Draws() {}

  /** The number under which {@code peer} draws; equal on all machines. */
  public static long drawer(PeerId peer) {
    return peer.hashCode();
  }

  /**
   * @param index how many micro-batches the drawer has drawn in this epoch before
   * @param samples of the micro-batch
   */
  static SampleDraw of(long drawer, long epoch, long index, int samples) {
    return new SampleDraw(drawer, Math.addExact(epoch * PER_EPOCH, index), samples);
  }
}
