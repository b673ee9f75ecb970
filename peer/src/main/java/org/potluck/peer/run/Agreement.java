package org.potluck.peer.run;

import java.util.List;

/**
 * How far the peers of a run agree on its parameters.
 *
 * @param compared epochs of which two or more peers spoke
 * @param disputed those among them at which not all said the same
 * @param disputes the first few of these
 */
public record Agreement(long compared, long disputed, List<Dispute> disputes) {
  public Agreement {
    disputes = List.copyOf(disputes);
  }

  /**
   * An epoch of which not all peers say the same.
   *
   * @param words who said what: name and digest
   */
  public record Dispute(long epoch, List<String> words) {
    public Dispute {
      words = List.copyOf(words);
    }

    @Override
    public String toString() {
      return "epoch " + epoch + ": " + String.join(", ", words);
    }
  }
}
