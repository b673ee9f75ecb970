package org.potluck.averaging.state;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.PeerId;

/**
 * What a newcomer can know of a state apart from those who give it. Called on the loop.
 *
 * <p>Hashes only show that a donor sends what it announced. That this is the state of the run is
 * the word of the others, and what the parameters themselves hash to.
 */
public interface Notary {
  /** What is said of a state. */
  enum Testimony {
    /** As many of those who are at that epoch say the same as say otherwise, or more. */
    CONFIRMED,
    /** Too few have said anything of that epoch yet. */
    UNHEARD,
    /** Most of those who are at that epoch say otherwise: two or more. */
    DENIED;

    /**
     * What follows from the words of peers.
     *
     * @param told the digests that believed peers have told of the epoch, one for each peer
     */
    public static Testimony of(List<String> told, String digest) {
      long same = told.stream().filter(digest::equals).count();
      long other = told.size() - same;
      if (other > same && other > 1) {
        return DENIED;
      }
      return same > 0 && same >= other ? CONFIRMED : UNHEARD;
    }
  }

  /** What most others say, who have just reached {@code epoch}, of {@code digest}. */
  Testimony testimony(long epoch, String digest);

  /** Whether {@code snapshot} has the digest that it claims; completes on the loop. */
  CompletableFuture<Boolean> certify(Snapshot snapshot);

  /** {@code donor} sent what it must not send. */
  void accuse(PeerId donor, String deed);

  /** {@code donor} owed chunks and sent next to nothing. */
  void complain(PeerId donor, String deed);

  /** Believes everything, as where all peers are one's own. */
  Notary TRUSTING =
      new Notary() {
        @Override
        public Testimony testimony(long epoch, String digest) {
          return Testimony.CONFIRMED;
        }

        @Override
        public CompletableFuture<Boolean> certify(Snapshot snapshot) {
          return CompletableFuture.completedFuture(true);
        }

        @Override
        public void accuse(PeerId donor, String deed) {}

        @Override
        public void complain(PeerId donor, String deed) {}
      };
}
