package org.potluck.peer.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.potluck.network.PeerId;

/**
 * Compares what the peers say their parameters are, epoch by epoch: all that are synchronised must
 * say the same. Who says it of an epoch first is not taken to be right; where two differ, the epoch
 * is in dispute and everybody's word is named.
 *
 * <p>Not safe for threads; lives on the loop.
 */
final class DigestLedger {
  /** Older epochs are settled; nobody speaks of them any more. */
  private static final int EPOCHS_OPEN = 64;

  private static final int DISPUTES_KEPT = 32;
  private static final int PEERS_PER_EPOCH_MAX = 4096;

  private final TreeMap<Long, Map<PeerId, Word>> open = new TreeMap<>();
  private final List<Agreement.Dispute> disputes = new ArrayList<>();
  private long settledUpTo = -1;
  private long compared;
  private long disputed;

  private record Word(String name, String digest) {}

  /**
   * Notes what {@code peer} says of {@code epoch}.
   *
   * @return the dispute, when this word is the first to differ from the others'
   */
  Optional<Agreement.Dispute> note(PeerId peer, String name, long epoch, String digest) {
    if (epoch <= settledUpTo || digest.isEmpty()) {
      return Optional.empty();
    }
    Map<PeerId, Word> words = open.computeIfAbsent(epoch, _ -> new LinkedHashMap<>());
    boolean agreedBefore = agree(words);
    int before = words.size();
    if (before < PEERS_PER_EPOCH_MAX) {
      words.putIfAbsent(peer, new Word(name, digest));
    }
    if (before == 1 && words.size() == 2) {
      compared++;
    }
    Optional<Agreement.Dispute> dispute = Optional.empty();
    if (agreedBefore && !agree(words)) {
      disputed++;
      Agreement.Dispute found =
          new Agreement.Dispute(
              epoch,
              words.values().stream().map(word -> word.name() + " " + word.digest()).toList());
      if (disputes.size() < DISPUTES_KEPT) {
        disputes.add(found);
      }
      dispute = Optional.of(found);
    }
    while (open.size() > EPOCHS_OPEN) {
      settledUpTo = open.pollFirstEntry().getKey();
    }
    return dispute;
  }

  Agreement agreement() {
    return new Agreement(compared, disputed, disputes);
  }

  private static boolean agree(Map<PeerId, Word> words) {
    return words.values().stream().map(Word::digest).distinct().count() <= 1;
  }
}
