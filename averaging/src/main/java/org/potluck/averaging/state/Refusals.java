package org.potluck.averaging.state;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.trust.Ban;
import org.potluck.averaging.trust.Reasons;
import org.potluck.averaging.trust.Verdict;
import org.potluck.network.PeerId;

/**
 * Which donors have banned this peer, and until when it does not ask them again.
 *
 * <p>A ban is each donor's own opinion, so each says for itself how long its own lasts. What it
 * says is its word: a donor that exaggerates only takes itself out of the line of those who are
 * asked.
 */
final class Refusals {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final int DONORS_MAX = 4096;

  private final Map<PeerId, Ban> bans = new LinkedHashMap<>();

  static StateManifestMessage write(Ban ban, Instant now) {
    Duration left = within(Duration.between(now, ban.until()));
    return StateManifestMessage.newBuilder()
        .setRefusal(clip(ban.reason().isBlank() ? "banned" : ban.reason()))
        .setRefusedMillis((int) left.toMillis())
        .build();
  }

  /** Whether {@code answer} is a refusal, which is noted then. */
  boolean heard(PeerId donor, StateManifestMessage answer, Instant now) {
    if (answer.getRefusal().isEmpty()) {
      bans.remove(donor);
      return false;
    }
    Duration left = within(Duration.ofMillis(Integer.toUnsignedLong(answer.getRefusedMillis())));
    bans.remove(donor);
    bans.put(donor, new Ban(clip(answer.getRefusal()), now.plus(left)));
    if (bans.size() > DONORS_MAX) {
      bans.remove(bans.keySet().iterator().next());
    }
    return true;
  }

  /** Whether {@code donor} is not to be asked yet. */
  boolean stands(PeerId donor, Instant now) {
    Ban ban = bans.get(donor);
    return ban != null && ban.until().isAfter(now);
  }

  /**
   * What is to be said where all of {@code donors} refuse; empty where one can be asked.
   *
   * @param others all other peers, the donors included
   */
  Optional<Barred> barred(List<PeerId> donors, List<PeerId> others, Instant now) {
    if (donors.isEmpty() || !donors.stream().allMatch(donor -> stands(donor, now))) {
      return Optional.empty();
    }
    List<Ban> standing = new ArrayList<>();
    for (PeerId other : others) {
      Ban ban = bans.get(other);
      if (ban != null && ban.until().isAfter(now)) {
        standing.add(ban);
      }
    }
    return standing.stream()
        .map(Ban::until)
        .min(Instant::compareTo)
        .map(
            until ->
                new Barred(
                    standing.size(),
                    others.size(),
                    Reasons.most(standing, Ban::reason, _ -> 1),
                    until));
  }

  private static Duration within(Duration left) {
    if (left.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return left.compareTo(Ban.LONGEST) > 0 ? Ban.LONGEST : left;
  }

  /** It is for a person's terminal, and a stranger wrote it. */
  private static String clip(String text) {
    String shown = text.replaceAll("\\p{C}", " ");
    return shown.length() <= Verdict.REASON_LENGTH_MAX
        ? shown
        : shown.substring(0, Verdict.REASON_LENGTH_MAX);
  }
}
