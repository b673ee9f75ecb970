package org.potluck.peer.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Seating;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.monitor.RoundStatus;
import org.potluck.network.PeerId;

/**
 * Puts together what the members of each round tell of it: a round is known by its name, and every
 * member adds its own part and its complaints. Only a member is listened to.
 *
 * <p>Not safe for threads; lives on the loop.
 */
final class RoundLog {
  private static final int ROUNDS_OPEN = 1_024;

  private static final int TELLERS_MAX = 4_096;
  private static final int EPOCHS_OPEN = 64;

  /** A member that was left behind speaks as early as the others; the others are waited for. */
  private static final Duration ABANDONED_AFTER = Duration.ofSeconds(6);

  /** Tellers' clocks are not ours; nothing is settled in the future or long before it is told. */
  private static final Duration OLDEST = Duration.ofMinutes(15);

  private final Map<String, Told> rounds = new LinkedHashMap<>();
  private final TreeMap<Long, Map<PeerId, String>> present = new TreeMap<>();
  private final Map<PeerId, Instant> heardUpTo = new LinkedHashMap<>();
  private final long fromEpoch;

  /** One round as told so far. */
  private static final class Told {
    final String id;
    final long epoch;
    final Seating seating;
    final int members;
    final Instant at;
    final Instant heard;
    final Map<PeerId, RoundNote> notes = new LinkedHashMap<>();
    boolean changed = true;

    Told(String id, RoundNote note, Instant at, Instant heard) {
      this.id = id;
      this.epoch = note.epoch();
      this.seating = note.seating();
      this.members = Math.max(1, note.members());
      this.at = at;
      this.heard = heard;
    }

    boolean averaged() {
      return notes.values().stream().anyMatch(RoundNote::averaged);
    }
  }

  /**
   * @param fromEpoch rounds of earlier epochs are known already
   */
  RoundLog(long fromEpoch) {
    this.fromEpoch = fromEpoch;
  }

  /** A peer trains at the time of the round of {@code epoch}; {@code how} says how it stands. */
  void there(long epoch, PeerId peer, String how) {
    present.computeIfAbsent(epoch, _ -> new LinkedHashMap<>()).put(peer, how);
    if (present.size() > EPOCHS_OPEN) {
      present.pollFirstEntry();
    }
  }

  /** What {@code teller} says of its rounds; what it has said before is passed over. */
  void take(PeerId teller, List<RoundNote> notes, Instant now) {
    Instant before = heardUpTo.getOrDefault(teller, Instant.MIN);
    Instant newest = before;
    for (RoundNote note : notes) {
      if (note.at().isAfter(before) && note.epoch() >= fromEpoch) {
        take(teller, note, now);
        newest = note.at().isAfter(newest) ? note.at() : newest;
      }
    }
    if (heardUpTo.containsKey(teller) || heardUpTo.size() < TELLERS_MAX) {
      heardUpTo.put(teller, newest);
    }
  }

  private void take(PeerId teller, RoundNote note, Instant now) {
    Seating seating = note.seating();
    boolean alone = seating.round().isEmpty();
    boolean member = seating.seats().stream().anyMatch(seat -> seat.peer().equals(teller));
    if (!alone && !member && seating.seats().size() == note.members()) {
      return;
    }
    String id = alone ? "alone-" + teller + "-" + note.epoch() : seating.round();
    Told told = rounds.get(id);
    if (told == null) {
      told = new Told(id, note, clamped(note.at(), now), now);
      rounds.put(id, told);
      tellAgain(note.epoch());
    }
    if (told.epoch == note.epoch()) {
      told.notes.put(teller, note);
      told.changed = true;
    }
    if (rounds.size() > ROUNDS_OPEN) {
      rounds.remove(rounds.keySet().iterator().next());
    }
  }

  /** Who was missing from one group of an epoch may turn up in another. */
  private void tellAgain(long epoch) {
    for (Told other : rounds.values()) {
      other.changed |= other.epoch == epoch;
    }
  }

  /** Rounds of which there is something new to show. */
  List<RoundStatus> news(Function<PeerId, String> names, Instant now) {
    List<RoundStatus> news = new ArrayList<>();
    for (Told told : rounds.values()) {
      boolean waits =
          told.seating.seats().size() > 1
              && !told.averaged()
              && Duration.between(told.heard, now).compareTo(ABANDONED_AFTER) < 0;
      if (told.changed && !waits) {
        told.changed = false;
        news.add(status(told, names));
      }
    }
    return news;
  }

  /**
   * Over how many samples the averages of {@code epoch} were taken, all groups together; empty
   * while no group's members, at least half of them, have told.
   */
  OptionalDouble samples(long epoch) {
    return rounds.values().stream()
        .filter(told -> told.epoch == epoch && told.averaged())
        .filter(told -> told.notes.size() * 2 >= told.members)
        .mapToDouble(RoundLog::weight)
        .reduce(Double::sum);
  }

  /** What each member brought to the rounds of {@code epoch}. */
  Map<PeerId, Double> weights(long epoch) {
    Map<PeerId, Double> weights = new LinkedHashMap<>();
    for (Told told : rounds.values()) {
      if (told.epoch == epoch && told.averaged()) {
        told.seating.seats().forEach(seat -> weights.put(seat.peer(), seat.weight()));
      }
    }
    return weights;
  }

  /** The median of the tellers' words, which no minority can move beyond the others'. */
  private static double weight(Told told) {
    double[] weights =
        told.notes.values().stream()
            .filter(RoundNote::averaged)
            .mapToDouble(RoundNote::weight)
            .sorted()
            .toArray();
    return weights.length == 0 ? Double.NaN : weights[weights.length / 2];
  }

  private RoundStatus status(Told told, Function<PeerId, String> names) {
    boolean averaged = told.averaged();
    Map<PeerId, Map<String, Set<PeerId>>> faults = faults(told);
    List<RoundStatus.Member> members =
        told.seating.seats().stream()
            .map(
                seat ->
                    new RoundStatus.Member(
                        seat.peer().toString(),
                        names.apply(seat.peer()),
                        seat.share(),
                        seat.weight(),
                        part(told.notes.get(seat.peer()), faults.containsKey(seat.peer()))))
            .toList();
    return new RoundStatus(
        told.id,
        told.epoch + 1,
        told.at,
        members.isEmpty() ? lone(told, names) : members,
        told.members,
        averaged ? weight(told) : 0,
        longest(told, RoundNote::matchmaking),
        longest(told, RoundNote::exchange),
        told.notes.values().stream().mapToLong(RoundNote::bytesSent).sum(),
        averaged ? RoundStatus.Outcome.AVERAGED : RoundStatus.Outcome.ABANDONED,
        averaged ? "" : told.notes.values().iterator().next().reason(),
        missing(told, names),
        sentences(faults, names));
  }

  private static List<RoundStatus.Member> lone(Told told, Function<PeerId, String> names) {
    return told.notes.keySet().stream()
        .map(
            peer ->
                new RoundStatus.Member(
                    peer.toString(), names.apply(peer), 0, 0, RoundStatus.Part.ABANDONED))
        .toList();
  }

  private static RoundStatus.Part part(@Nullable RoundNote note, boolean blamed) {
    if (note != null && note.averaged()) {
      return RoundStatus.Part.AVERAGED;
    }
    return blamed
        ? RoundStatus.Part.AT_FAULT
        : note == null ? RoundStatus.Part.UNTOLD : RoundStatus.Part.ABANDONED;
  }

  private static double longest(Told told, Function<RoundNote, Duration> of) {
    return told.notes.values().stream()
        .map(of)
        .max(Duration::compareTo)
        .map(length -> length.toNanos() / 1e9)
        .orElse(Double.NaN);
  }

  private static Map<PeerId, Map<String, Set<PeerId>>> faults(Told told) {
    Map<PeerId, Map<String, Set<PeerId>>> faults = new LinkedHashMap<>();
    told.notes.forEach(
        (teller, note) ->
            note.complaints()
                .forEach(
                    complaint ->
                        faults
                            .computeIfAbsent(complaint.peer(), _ -> new LinkedHashMap<>())
                            .computeIfAbsent(complaint.what(), _ -> new LinkedHashSet<>())
                            .add(teller)));
    return faults;
  }

  private static List<String> sentences(
      Map<PeerId, Map<String, Set<PeerId>>> faults, Function<PeerId, String> names) {
    List<String> sentences = new ArrayList<>();
    faults.forEach(
        (peer, whats) ->
            whats.forEach(
                (what, tellers) ->
                    sentences.add(
                        "%s %s, %s %s"
                            .formatted(
                                names.apply(peer),
                                what,
                                tellers.size() == 1 ? "says" : "say",
                                String.join(
                                    " and ", tellers.stream().limit(4).map(names).toList())))));
    return sentences;
  }

  /** Who was there, but in no round of the epoch. */
  private List<String> missing(Told told, Function<PeerId, String> names) {
    Map<PeerId, String> absent = new LinkedHashMap<>(present.getOrDefault(told.epoch, Map.of()));
    if (told.seating.seats().size() < told.members) {
      return List.of(); // not all members are told
    }
    for (Told other : rounds.values()) {
      if (other.epoch == told.epoch) {
        other.seating.seats().forEach(seat -> absent.remove(seat.peer()));
        other.notes.keySet().forEach(absent::remove);
      }
    }
    return absent.entrySet().stream()
        .map(entry -> names.apply(entry.getKey()) + entry.getValue())
        .toList();
  }

  private static Instant clamped(Instant at, Instant now) {
    return at.isAfter(now) || at.isBefore(now.minus(OLDEST)) ? now : at;
  }
}
