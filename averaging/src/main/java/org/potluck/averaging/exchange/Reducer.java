package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.exchange.ChunkFrames.Chunk;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;

/**
 * Gathers contributions to the chunks that this member answers for, and averages each as soon as
 * everybody's is there or given up.
 *
 * <p>All senders send a reducer's chunks in the order in which it got them. When more waits here
 * than it may, only those members' chunks are still read whose contribution to the first open chunk
 * is missing: they cannot add much before it closes, and nobody waits for somebody who is not read.
 */
final class Reducer {
  /** What becomes of an average taken here. */
  interface Outlet {
    void averaged(Chunk chunk, ByteBuffer body);

    /** There is none: {@code reason}. */
    void failed(String reason);
  }

  private final Round round;
  private final Roster roster;
  private final Ledger ledger;
  private final Averages averages;
  private final Buffers buffers;
  private final Outlet outlet;
  private final ChunkReduction reduction;

  /** Null in a carried round, in which nobody brings what is only its own. */
  private final @Nullable Screen screen;

  /** Null where nobody may ask what averages were made of. */
  private final @Nullable Evidence evidence;

  private final @Nullable ByteBuffer[] @Nullable [] received;
  private final Map<Integer, double[]> carriedWeights = new HashMap<>();
  private final Map<Integer, @Nullable ByteBuffer[]> signatures = new HashMap<>();
  private final BitSet gone = new BitSet();

  /** Chunks in the workshop. */
  private final BitSet working = new BitSet();

  private final SequencedSet<Integer> open = new LinkedHashSet<>();
  private final int contributors;
  private final int[] early;
  private final Pace pace;

  Reducer(
      Round round,
      Roster roster,
      Ledger ledger,
      Averages averages,
      Buffers buffers,
      @Nullable Screen screen,
      @Nullable Evidence evidence,
      Outlet outlet) {
    this.round = round;
    this.roster = roster;
    this.ledger = ledger;
    this.averages = averages;
    this.buffers = buffers;
    this.outlet = outlet;
    this.reduction = new ChunkReduction(round, averages, screen);
    this.screen = screen;
    this.evidence = evidence;
    this.received = new @Nullable ByteBuffer[round.chunks.size()] @Nullable [];
    this.contributors = (int) IntStream.range(0, round.size()).filter(round::contributes).count();
    this.early = new int[round.size()];
    this.pace = new Pace(round, round.started);
    for (int i = 0; i < round.size(); i++) {
      if (i != round.self && !roster.hasLink(i)) {
        gone.set(i);
      }
      String barred = screen == null ? "" : screen.barred(i);
      if (!barred.isEmpty()) {
        round.blame(new PeerFault.Implausible(round.peer(i), barred));
        gone.set(i);
      }
    }
  }

  /** Reduces what the ledger says, and has not been averaged yet. */
  void begin() {
    for (int chunk = 0; chunk < round.chunks.size(); chunk++) {
      if (ledger.owns(round.self, chunk) && !averages.holds(chunk) && !working.get(chunk)) {
        open.add(chunk);
      }
    }
    reduceReady();
  }

  /** The ledger has changed: some chunks are no longer ours, others are. */
  void reassigned() {
    open.removeIf(chunk -> !ledger.owns(round.self, chunk));
    // Contributions to what is free are sent again to whoever gets it. If they stayed, they would
    // fill the memory, and what counts would not be read.
    for (int chunk = 0; chunk < received.length; chunk++) {
      if (received[chunk] != null && !ledger.owns(round.self, chunk)) {
        forget(chunk);
      }
    }
    Arrays.fill(early, 0);
    if (!ledger.frozen()) {
      pace.restart(round.loop.now());
      begin();
    }
    balance();
  }

  /** A contribution arrived; {@code body} is a lent buffer. */
  void take(Neighbour from, Chunk chunk, ByteBuffer body) throws FrameException {
    int number = chunk.number();
    int bytes = round.contributionBytes(from.index, round.chunks.values(number));
    if (chunk.payload().remaining() != bytes) {
      throw new FrameException(
          "contribution of " + chunk.payload().remaining() + " bytes instead of " + bytes);
    }
    if (!round.contributes(from.index)) {
      throw new FrameException("a contribution from a member without weight");
    }
    if (round.carried() && chunk.weight() > most(from.index)) {
      throw new FrameException("a mean over more than its row weighs: " + chunk.weight());
    }
    boolean first = ledger.generation() == 0;
    if (averages.holds(number) || working.get(number)) {
      if (ledger.owns(round.self, number) && first) {
        round.blame(new PeerFault.Late(round.peer(from.index), "sending its contribution"));
      }
      buffers.giveBack(body);
      return;
    }
    @Nullable ByteBuffer[] slots = slots(number);
    if (slots[from.index] != null) {
      if (first) {
        round.blame(new PeerFault.Malformed(round.peer(from.index), "sent a chunk twice"));
      }
      buffers.giveBack(body);
      return;
    }
    buffers.use(body);
    slots[from.index] = chunk.payload();
    if (round.carried()) {
      weights(number)[from.index] = chunk.weight();
    }
    if (round.signed()) {
      signatures(number)[from.index] = chunk.signature();
    }
    early[from.index] += ledger.owns(round.self, number) ? 0 : bytes;
    reduceIfReady(number);
    balance();
  }

  /** What this member itself brings is there. */
  void brought() {
    reduceReady();
    balance();
  }

  /** Goes on without what a member has not sent yet; a carried round cannot. */
  void skip(int member) {
    if (!gone.get(member)) {
      gone.set(member);
      reduceReady();
      balance();
    }
  }

  /** Members that are too far behind the others to be waited for. */
  List<Integer> laggards() {
    if (open.isEmpty() || round.carried()) {
      return List.of();
    }
    boolean most = 2 * late(open.getLast()).size() < contributors;
    boolean tooLate =
        pace.tooLate(round.loop.now(), most, round.options.silenceLimit(), Pace.SENDER_SHARE);
    return tooLate ? late(open.getFirst()) : List.of();
  }

  private List<Integer> late(int chunk) {
    return IntStream.range(0, round.size())
        .filter(member -> awaits(chunk, member))
        .boxed()
        .toList();
  }

  /** Drops all that was gathered. */
  void clear() {
    for (int chunk = 0; chunk < received.length; chunk++) {
      forget(chunk);
    }
    open.clear();
  }

  private @Nullable ByteBuffer[] slots(int chunk) {
    @Nullable ByteBuffer[] slots = received[chunk];
    if (slots == null) {
      slots = new @Nullable ByteBuffer[round.size()];
      received[chunk] = slots;
    }
    return slots;
  }

  /** What the members' means of a chunk weigh, in a carried round. */
  private double[] weights(int chunk) {
    return carriedWeights.computeIfAbsent(chunk, c -> new double[round.size()]);
  }

  private @Nullable ByteBuffer[] signatures(int chunk) {
    return signatures.computeIfAbsent(chunk, c -> new @Nullable ByteBuffer[round.size()]);
  }

  /** The declared weight of a member's row, with room for the rounding of its sum. */
  private double most(int member) {
    return round.member(member).weight() * Group.WEIGHT_ROUNDING;
  }

  private void forget(int chunk) {
    @Nullable ByteBuffer[] slots = received[chunk];
    received[chunk] = null;
    signatures.remove(chunk);
    if (slots != null) {
      release(slots);
    }
  }

  private void release(@Nullable ByteBuffer[] slots) {
    for (ByteBuffer payload : slots) {
      if (payload != null) {
        buffers.release(payload);
      }
    }
  }

  private void reduceReady() {
    new ArrayList<>(open).forEach(this::reduceIfReady);
  }

  private void reduceIfReady(int chunk) {
    if (!round.running() || !open.contains(chunk) || !ready(chunk)) {
      return;
    }
    if (round.carried() && !whole(chunk)) {
      outlet.failed("what one of the group was to carry on is missing");
      return;
    }
    @Nullable ByteBuffer[] slots = slots(chunk);
    received[chunk] = null;
    open.remove(chunk);
    working.set(chunk);
    long version = ledger.version(chunk);
    double[] weights = round.carried() ? weights(chunk).clone() : new double[0];
    @Nullable ByteBuffer[] signed =
        round.signed() ? signatures(chunk).clone() : new @Nullable ByteBuffer[0];
    round.workshop.order(
        () -> reduction.reduce(chunk, version, slots, weights, signed),
        reduced -> done(reduced, slots));
  }

  private void done(ChunkReduction.Reduced reduced, @Nullable ByteBuffer[] slots) {
    int chunk = reduced.chunk();
    working.clear(chunk);
    boolean current = ledger.owns(round.self, chunk) && ledger.version(chunk) == reduced.version();
    if (current) {
      settle(reduced, slots);
    } else {
      received[chunk] = slots;
    }
    if (screen != null && reduced.finding() != null) {
      screen.note(reduced.finding());
    }
    reduced
        .refused()
        .forEach(
            (member, reason) -> round.blame(new PeerFault.Implausible(round.peer(member), reason)));
    if (!round.running()) {
      return;
    }
    ByteBuffer body = reduced.body();
    if (Screen.NO_NUMBERS.equals(reduced.refused().get(round.self))) {
      outlet.failed(Round.OWN_NO_NUMBERS);
    } else if (!current) {
      reassigned();
    } else if (round.carried() && !reduced.refused().isEmpty()) {
      outlet.failed("what one of the group carried on holds values that are no numbers");
    } else if (body != null) {
      outlet.averaged(ChunkFrames.parse(FrameKind.AVERAGE, body), body);
    } else {
      outlet.failed(
          reduced.weight() > 0
              ? "the sum of the contributions is out of range"
              : "nobody contributed to a part of the vector");
    }
    balance();
  }

  /** What was averaged waits no more; it may be asked for. */
  private void settle(ChunkReduction.Reduced reduced, @Nullable ByteBuffer[] slots) {
    signatures.remove(reduced.chunk());
    Evidence.Proof proof = reduced.proof();
    if (evidence == null || proof == null || reduced.version() > 0) {
      release(slots);
      return;
    }
    for (ByteBuffer payload : slots) {
      if (payload != null) {
        buffers.keep(payload);
      }
    }
    evidence.keep(reduced.chunk(), proof);
  }

  /** Whether everybody's is there, ours not counted. */
  private boolean whole(int chunk) {
    @Nullable ByteBuffer[] slots = slots(chunk);
    for (int member = 0; member < round.size(); member++) {
      if (member != round.self && round.contributes(member) && slots[member] == null) {
        return false;
      }
    }
    return true;
  }

  private boolean ready(int chunk) {
    if (round.pending()) {
      return false;
    }
    for (int member = 0; member < round.size(); member++) {
      if (awaits(chunk, member)) {
        return false;
      }
    }
    return true;
  }

  private boolean awaits(int chunk, int member) {
    @Nullable ByteBuffer[] slots = received[chunk];
    return member != round.self
        && round.contributes(member)
        && !gone.get(member)
        && (slots == null || slots[member] == null);
  }

  /** Reads from those that help, and not from those that would only fill the memory. */
  private void balance() {
    boolean full = buffers.full();
    int earlyMax =
        (int) Math.min(Integer.MAX_VALUE / 2, round.options.bufferBytesMax() / round.size());
    for (Neighbour other : roster.others()) {
      boolean helps = !open.isEmpty() && awaits(open.getFirst(), other.index);
      other.pause((full && !helps) || early[other.index] > earlyMax);
    }
  }
}
