package org.potluck.averaging.trust;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.potluck.network.PeerId;

/**
 * What is held of each peer: by this one for what it saw, by most for what they say. From it
 * follows who is admitted with which weight, and what this peer tells others.
 */
final class Reputation {
  /** What a peer of lower standing brings is looked at and not averaged. */
  private static final double TRUSTED_FROM = 0.5;

  /** Of a ban by most whose end is past, as they tell it, or not told. */
  private static final Duration LOOKED_AT_AGAIN = Duration.ofSeconds(30);

  private final Standings standings = new Standings();
  private final Opinions opinions = new Opinions();
  private final Speeds speeds = new Speeds();

  void expect(long targetSamples, int microBatch) {
    speeds.expect((double) targetSamples, microBatch);
  }

  void said(PeerId peer, double samplesPerSecond) {
    speeds.said(peer, samplesPerSecond);
  }

  void hear(PeerId self, List<Opinions.Voter> others, Instant now) {
    List<Opinions.Voter> voters = new ArrayList<>(others);
    voters.add(new Opinions.Voter(self, standings.verdicts(now)));
    opinions.hear(voters);
  }

  List<Verdict> verdicts(Instant now) {
    return standings.verdicts(now);
  }

  boolean bannedByMost(PeerId peer) {
    return opinions.banned(peer);
  }

  /** By this peer itself, or else by most. */
  Optional<Ban> ban(PeerId peer, Instant now) {
    return standings.ban(peer, now).or(() -> byMost(peer, now));
  }

  /** The end of what most say is their word: never far away, nor long ago. */
  private Optional<Ban> byMost(PeerId peer, Instant now) {
    return opinions
        .ban(peer)
        .map(
            ban -> {
              Instant soonest = now.plus(LOOKED_AT_AGAIN);
              Instant latest = now.plus(Ban.LONGEST);
              Instant until = ban.until().isAfter(soonest) ? ban.until() : soonest;
              return new Ban(ban.reason(), until.isBefore(latest) ? until : latest);
            });
  }

  /** Why {@code peer} is not to take part with {@code weight}; empty when it may. */
  Optional<Charge> charge(PeerId peer, double weight, Instant now) {
    if (standings.banned(peer, now)) {
      return Optional.of(new Charge(Misdeed.BANNED, 1, "is banned: " + standings.reason(peer)));
    }
    if (opinions.banned(peer)) {
      return Optional.of(new Charge(Misdeed.BANNED, 1, "most others have banned it"));
    }
    double limit = speeds.limit(peer, now);
    if (weight > limit) {
      return Optional.of(
          new Charge(
              Misdeed.TOO_HEAVY,
              1,
              "claims %.0f samples where at most %.0f are plausible".formatted(weight, limit)));
    }
    return Optional.empty();
  }

  /**
   * Whom a reducer admits to its averages in a round that begins.
   *
   * @param weights of the members, as the plan has them
   * @param self this peer's place among them
   */
  Admission admission(List<PeerId> members, List<Double> weights, int self, Instant now) {
    int[] others =
        IntStream.range(0, members.size())
            .filter(member -> member != self && weights.get(member) > 0)
            .toArray();
    Map<Integer, Charge> barred = new TreeMap<>();
    for (int member : others) {
      charge(members.get(member), weights.get(member), now)
          .ifPresent(charge -> barred.put(member, charge));
    }
    int contributors = (int) weights.stream().filter(weight -> weight > 0).count();
    int spare = Math.max(0, (contributors - 1) / 2 - barred.size());
    Map<Integer, String> withheld = new TreeMap<>();
    // The worst first, and only while more than half of the contributors are left.
    IntStream.of(others)
        .filter(member -> !barred.containsKey(member))
        .filter(member -> standings.score(members.get(member), now) < TRUSTED_FROM)
        .boxed()
        .sorted(Comparator.comparingDouble(member -> standings.score(members.get(member), now)))
        .limit(spare)
        .forEach(
            member -> withheld.put(member, "is doubted: " + standings.reason(members.get(member))));
    return new Admission(barred, withheld);
  }

  void hold(PeerId peer, Charge charge, Instant now) {
    standings.hold(peer, charge.cost(), charge.reason(), now);
  }

  void cleanRound(PeerId peer, Instant now) {
    standings.cleanRound(peer, now);
  }

  /** A contribution of its was averaged: from now on it computes for the next. */
  void counted(PeerId peer, Instant now) {
    speeds.counted(peer, now);
  }
}
