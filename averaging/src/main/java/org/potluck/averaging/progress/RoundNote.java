package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Seating;
import org.potluck.network.PeerId;

/**
 * What one peer tells of a round it took part in. All of it is that peer's word.
 *
 * @param epoch at which the contributions were gathered
 * @param at when it was settled, by the teller's clock
 * @param seating the group, {@link #SEATS_MAX} members at most
 * @param members of the group, the untold ones included
 * @param weight what the average was taken over, zero where there is none
 * @param bytesSent by the teller while the round ran
 * @param reason why there is no average; empty where there is one
 */
public record RoundNote(
    long epoch,
    Instant at,
    Seating seating,
    int members,
    double weight,
    Duration matchmaking,
    Duration exchange,
    long bytesSent,
    String reason,
    List<Complaint> complaints) {
  static final int SEATS_MAX = 64;
  static final int COMPLAINTS_MAX = 16;
  private static final int TEXT_MAX = 200;
  private static final int MEMBERS_MAX = 1 << 20;
  private static final int NAME_CHARACTERS_MAX = 64;

  /** No group of peers works off more samples in one epoch; who claims so is not believed. */
  private static final double WEIGHT_MAX = 1L << 40;

  private static final Duration LENGTH_MAX = Duration.ofDays(1);

  /** Somebody went wrong, in words that follow its name: {@code was silent: dialing}. */
  public record Complaint(PeerId peer, String what) {
    public Complaint {
      what = clip(what);
    }
  }

  public RoundNote {
    reason = clip(reason);
    complaints = List.copyOf(complaints.subList(0, Math.min(complaints.size(), COMPLAINTS_MAX)));
    boolean sound =
        epoch >= 0
            && at.toEpochMilli() >= 0
            && members >= seating.seats().size()
            && members <= MEMBERS_MAX
            && seating.seats().size() <= SEATS_MAX
            && seating.round().length() <= NAME_CHARACTERS_MAX
            && isWithin(weight, WEIGHT_MAX)
            && isLength(matchmaking)
            && isLength(exchange)
            && bytesSent >= 0
            && seating.seats().stream()
                .allMatch(seat -> isWithin(seat.share(), 1) && isWithin(seat.weight(), WEIGHT_MAX));
    if (!sound) {
      throw new IllegalArgumentException("implausible note of a round");
    }
  }

  /** What to tell of {@code outcome}. */
  public static RoundNote of(long epoch, RoundOutcome outcome, Instant at, long bytesSent) {
    List<Seating.Seat> all = outcome.seating().seats();
    // Others' weights are their own word.
    List<Seating.Seat> seats =
        all.stream()
            .limit(SEATS_MAX)
            .map(
                seat ->
                    new Seating.Seat(
                        seat.peer(), Math.min(seat.weight(), WEIGHT_MAX), seat.share()))
            .toList();
    return new RoundNote(
        epoch,
        at,
        new Seating(outcome.seating().round(), seats),
        all.size(),
        outcome instanceof RoundOutcome.Averaged averaged
            ? Math.min(averaged.weight(), WEIGHT_MAX)
            : 0,
        outcome.timing().matchmaking(),
        outcome.timing().exchange(),
        bytesSent,
        reason(outcome),
        outcome.faults().stream()
            .limit(COMPLAINTS_MAX)
            .map(fault -> new Complaint(fault.peer(), fault.words()))
            .toList());
  }

  private static String reason(RoundOutcome outcome) {
    if (outcome instanceof RoundOutcome.Abandoned abandoned) {
      return abandoned.reason().isEmpty() ? "it was abandoned" : abandoned.reason();
    }
    return "";
  }

  public boolean averaged() {
    return reason.isEmpty();
  }

  private static boolean isWithin(double value, double max) {
    return value >= 0 && value <= max;
  }

  private static boolean isLength(Duration length) {
    return !length.isNegative() && length.compareTo(LENGTH_MAX) <= 0;
  }

  private static String clip(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX);
  }
}
