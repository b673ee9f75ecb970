package org.potluck.averaging.matchmaking;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.potluck.network.PeerId;

/** Who has declared for a round, and whom of them there is no use in following just now. */
final class Candidates {
  private static final int DECLARED_MAX = 1024;

  private final TreeSet<Declaration> declared = new TreeSet<>();
  private final Set<PeerId> refused = new LinkedHashSet<>();
  private final Set<PeerId> late = new LinkedHashSet<>();

  /** Replaces what the same peer declared before. */
  void add(Declaration declaration) {
    declared.removeIf(known -> known.peer().equals(declaration.peer()));
    declared.add(declaration);
    if (declared.size() > DECLARED_MAX) {
      declared.pollLast();
    }
  }

  /** The one to follow: the first of those that may be followed, if it is before {@code own}. */
  Optional<Declaration> firstBefore(Declaration own, Predicate<PeerId> shunned) {
    for (Declaration candidate : declared.headSet(own)) {
      if (!struck(candidate.peer()) && !shunned.test(candidate.peer())) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** It is lost or will not have us. */
  void refuse(PeerId peer) {
    refused.add(peer);
  }

  /** It does not answer; it may just be far away. */
  void miss(PeerId peer) {
    late.add(peer);
  }

  /** It has spoken to us itself; so it lives. */
  void forgive(PeerId peer) {
    refused.remove(peer);
    late.remove(peer);
  }

  void forgiveLate() {
    late.clear();
  }

  boolean struck(PeerId peer) {
    return refused.contains(peer) || late.contains(peer);
  }
}
