package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Who of the group is there, as this member sees it.
 *
 * <p>Two members that nobody can dial have no link; what each needs of the other goes through those
 * that can be dialed. So only such members reduce, stand in and coordinate.
 */
final class Roster {
  /** Members that the group goes on without, as agreed in the present generation. */
  final BitSet dead = new BitSet();

  /** Members that live but are relieved of reducing. */
  final BitSet slow = new BitSet();

  private final Round round;
  private final List<Neighbour> neighbours = new ArrayList<>();

  Roster(Round round) {
    this.round = round;
    for (int i = 0; i < round.size(); i++) {
      neighbours.add(new Neighbour(i, round.started));
    }
  }

  /** The other members between whom and this one there is to be a link. */
  List<Neighbour> others() {
    return neighbours.stream().filter(other -> hasLink(other.index)).toList();
  }

  Neighbour at(int index) {
    return neighbours.get(index);
  }

  @Nullable Neighbour at(Link link) {
    for (Neighbour neighbour : neighbours) {
      if (neighbour.owns(link)) {
        return neighbour.lost ? null : neighbour;
      }
    }
    return null;
  }

  boolean hasLink(int index) {
    return index != round.self && (reachable(index) || reachable(round.self));
  }

  /**
   * Whether a member is gone: this one has lost it, and so have all others that could hear it, or
   * so many that they are a quorum. (If all were needed, one that keeps silent about it could hold
   * the others up.) One whose link to this member alone is broken lives: others pass on to it what
   * it needs.
   */
  boolean isGone(int index) {
    boolean heard = false;
    BitSet without = new BitSet();
    without.set(round.self);
    for (Neighbour other : neighbours) {
      boolean knows = reachable(index) || reachable(other.index);
      boolean asked = other.index != index && hasLink(other.index) && alive(other.index);
      heard |= asked && knows && !other.suspects.get(index);
      without.set(other.index, without.get(other.index) || (asked && other.suspects.get(index)));
    }
    return neighbours.get(index).lost && (!heard || quorum(without));
  }

  /** How many others say, or have said, that they have lost a member. */
  private long losersOf(int index) {
    return neighbours.stream()
        .filter(other -> other.index != index && other.suspects.get(index))
        .count();
  }

  /**
   * Whether a member may be taken for dead because {@code by} says so. One voice is not enough
   * against this member's own ears: it could take one after the other out of the round. Two are, if
   * one of them is to be a liar.
   */
  boolean isCredibleDeath(int index, Neighbour by) {
    boolean heard = index == round.self || (hasLink(index) && !neighbours.get(index).lost);
    long voices = losersOf(index) + (by.suspects.get(index) || by.index == index ? 0 : 1);
    return dead.get(index) || !heard || voices > 1;
  }

  /**
   * Whether so many slow members are possible: slow is who takes longer than most, so at most half
   * of those that can reduce are.
   */
  boolean isCredibleSlowness(BitSet all) {
    BitSet reachable = reachable();
    BitSet slowOnes = (BitSet) all.clone();
    slowOnes.and(reachable);
    return 2 * slowOnes.cardinality() <= reachable.cardinality();
  }

  /**
   * Whether a member can decide for all: it hears everybody but those that are gone. One that has
   * lost somebody whom others hear could only bury it, and would not be believed alone.
   */
  private boolean hearsAll(int index) {
    for (int i = 0; i < neighbours.size(); i++) {
      long losers = losersOf(i) + (neighbours.get(i).lost ? 1 : 0);
      if (hasLost(index, i) && !dead.get(i) && losers < 2) {
        return false;
      }
    }
    return true;
  }

  /** Whether everybody who lives hears a member, or does not say otherwise. */
  private boolean isHeardByAll(int index) {
    for (int i = 0; i < neighbours.size(); i++) {
      if ((alive(i) || i == round.self) && hasLost(i, index)) {
        return false;
      }
    }
    return true;
  }

  private boolean hasLost(int by, int index) {
    return by == round.self ? neighbours.get(index).lost : at(by).suspects.get(index);
  }

  /** Of two members the later one dials, unless only the other can be dialed. */
  boolean dials(int index) {
    int low = Math.min(round.self, index);
    int high = Math.max(round.self, index);
    return round.self == (!reachable(low) && reachable(high) ? low : high);
  }

  boolean alive(int index) {
    return !neighbours.get(index).lost && !dead.get(index);
  }

  /**
   * The live member that decides who answers for what: the first that all others can reach. Where
   * two say that they do not hear each other, or one does, it is neither of them, if there is
   * another.
   */
  int coordinator() {
    return first(i -> !slow.get(i) && hearsAll(i) && isHeardByAll(i))
        .or(() -> first(i -> !slow.get(i) && hearsAll(i)))
        .or(() -> first(i -> !slow.get(i)))
        .orElseGet(this::anybody);
  }

  private Optional<Integer> first(IntPredicate able) {
    return IntStream.range(0, neighbours.size())
        .filter(i -> alive(i) && reachable(i))
        .filter(able)
        .boxed()
        .findFirst();
  }

  private int anybody() {
    for (int i = 0; i < neighbours.size(); i++) {
      if (alive(i) && (reachable(i) || i == round.self)) {
        return i;
      }
    }
    return round.self;
  }

  /** Live members that can take over spans, in group order; at least this one. */
  List<Integer> standIns() {
    List<Integer> able = new ArrayList<>();
    for (int i = 0; i < neighbours.size(); i++) {
      if (alive(i) && reachable(i) && !slow.get(i)) {
        able.add(i);
      }
    }
    return able.isEmpty() ? List.of(round.self) : able;
  }

  /**
   * Whether the members {@code who} are enough to decide: more than half, or exactly half with the
   * first member. Any two such sets have a member in common.
   */
  boolean quorum(BitSet who) {
    int twice = 2 * who.cardinality();
    return twice > neighbours.size() || (twice == neighbours.size() && who.get(0));
  }

  /** The members that all others can reach. */
  BitSet reachable() {
    BitSet members = new BitSet();
    for (int i = 0; i < neighbours.size(); i++) {
      members.set(i, reachable(i));
    }
    return members;
  }

  void broadcast(ByteBuffer frame) {
    for (Neighbour other : others()) {
      other.tell(frame.duplicate());
    }
  }

  private boolean reachable(int index) {
    return round.member(index).reachable();
  }
}
