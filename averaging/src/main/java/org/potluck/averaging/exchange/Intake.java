package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.exchange.ChunkFrames.Chunk;
import org.potluck.averaging.trust.Screen;

/**
 * Takes in the averages that others have made: each once, in the version that is due, and only if
 * it decodes to numbers. On the way this member listens for its own contribution in them ({@link
 * Screen#listen}).
 */
final class Intake {
  /** What comes of it. */
  interface Effects {
    /** What {@code from} sent for {@code chunk} does not decode to numbers. */
    void spoilt(Neighbour from, int chunk);

    /** One more average is there. */
    void taken();
  }

  private final Round round;
  private final Ledger ledger;
  private final Averages averages;
  private final @Nullable Screen screen;
  private final Effects effects;

  /** Versions of chunks in the workshop. */
  private final Map<Integer, Long> decoding = new HashMap<>();

  /** Chunks whose averages came from those who were to make them. */
  private final BitSet firsthand = new BitSet();

  Intake(Round round, Ledger ledger, Averages averages, @Nullable Screen screen, Effects effects) {
    this.round = round;
    this.ledger = ledger;
    this.averages = averages;
    this.screen = screen;
    this.effects = effects;
  }

  /** A reducer, or a member that we asked, sends an average. */
  void take(Neighbour from, Chunk chunk, ByteBuffer body) {
    int number = chunk.number();
    boolean expected = ledger.owns(from.index, number) || from.asked.get(number);
    boolean known = Objects.equals(decoding.get(number), chunk.version());
    if (!expected || known || !isWanted(chunk)) {
      return;
    }
    decoding.put(number, chunk.version());
    // What comes from another holder, or from a stand-in, is nobody's word about its own span.
    boolean fromMaker = chunk.version() == 0 && round.chunks.owner(number) == from.index;
    round.workshop.order(
        () -> decoded(chunk, fromMaker),
        decoded -> {
          decoding.remove(number, chunk.version());
          if (!decoded.sound()) {
            effects.spoilt(from, number);
          } else if (isWanted(chunk)) {
            averages.holdLent(chunk, body);
            firsthand.set(number, fromMaker);
            if (screen != null && decoded.echo() != null) {
              screen.note(decoded.echo());
            }
            effects.taken();
          }
        });
  }

  /** Whether it is an average of a generation whose decision has not come yet. */
  boolean isAhead(Chunk chunk) {
    long version = chunk.version();
    boolean possible = version >= Group.MEMBERS_MAX && version % Group.MEMBERS_MAX < round.size();
    long decided = ledger.frozen() ? ledger.generation() - 1 : ledger.generation();
    return round.running() && possible && version > decided;
  }

  /** By member: chunks of whose averages this one can be asked for a review; none unsigned. */
  List<List<Integer>> reviewable() {
    if (!round.signed()) {
      return List.of();
    }
    return IntStream.range(0, round.size())
        .mapToObj(member -> round.chunks.of(member).stream().filter(this::isFirsthand).toList())
        .toList();
  }

  /**
   * An average from another member.
   *
   * @param sound whether it decodes to numbers
   * @param echo what was heard of our own contribution in it, where it was listened to
   */
  private record Decoded(boolean sound, Screen.@Nullable Echoed echo) {}

  /** Beside the loop. */
  private Decoded decoded(Chunk chunk, boolean listens) {
    int number = chunk.number();
    boolean sound = averages.decode(chunk);
    return new Decoded(
        sound,
        sound && listens && screen != null
            ? screen.listen(
                number,
                round.chunks.owner(number),
                round.own(),
                averages.values(),
                round.chunks.from(number),
                round.chunks.values(number))
            : null);
  }

  private boolean isWanted(Chunk chunk) {
    int number = chunk.number();
    return round.running()
        && !averages.holds(number)
        && ledger.isGiven(number)
        && ledger.version(number) == chunk.version();
  }

  private boolean isFirsthand(int chunk) {
    return firsthand.get(chunk) && averages.holds(chunk) && averages.version(chunk) == 0;
  }
}
