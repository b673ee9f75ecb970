package org.potluck.trainer.data;

import java.util.ArrayList;
import java.util.List;
import org.potluck.trainer.data.Windows.Span;

/**
 * Which text is trained on and which is held out.
 *
 * <p>Every shard is cut into blocks, and one block of every fifty is held out, chosen by hash. The
 * end of a file would be simpler, but folders are read in order of their names, so that it would be
 * text of another kind. A shard shorter than fifty blocks holds out its last block, if it has two.
 * A window lies within one span, so no trained window touches held-out text.
 */
record Split(List<Span> training, List<Span> heldOut) {
  private static final int ONE_IN = 50;
  private static final int BLOCK_BYTES = 8192;

  static Split of(List<Long> shardBytes, int windowBytes) {
    var training = new ArrayList<Span>();
    var heldOut = new ArrayList<Span>();
    for (int shard = 0; shard < shardBytes.size(); shard++) {
      long length = shardBytes.get(shard);
      long block = Math.max(windowBytes, Math.min(BLOCK_BYTES, length / ONE_IN));
      long blocks = length / block;
      long cursor = 0;
      for (long group = 0; group < blocks; group += ONE_IN) {
        long size = Math.min(ONE_IN, blocks - group);
        if (size < ONE_IN && (group > 0 || size < 2)) {
          break;
        }
        long chosen = size < ONE_IN ? size - 1 : Draws.below(ONE_IN, shard, group, 0, 0);
        long start = (group + chosen) * block;
        training.add(new Span(shard, cursor, start - cursor));
        heldOut.add(new Span(shard, start, block));
        cursor = start + block;
      }
      training.add(new Span(shard, cursor, length - cursor));
    }
    return new Split(List.copyOf(training), List.copyOf(heldOut));
  }
}
