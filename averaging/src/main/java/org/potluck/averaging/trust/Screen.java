package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.reduce.Inspector.Chunk;
import org.potluck.averaging.reduce.Inspector.Excerpt;
import org.potluck.network.PeerId;

/**
 * What a reducer lets into its averages in one round, and what it sees of those who brought it.
 *
 * <p>A reducer sees its own spans of everybody's contribution, chunk by chunk, and averages each as
 * soon as it is complete. So it can leave out at once what is no contribution or far too long; that
 * the rest points nowhere shows over all chunks of a round, and counts for later ones. Leaving
 * something out is this reducer's decision alone: all members apply what it made of the rest, and
 * the chunk's weight says over whom.
 *
 * <p>{@link #look} runs beside the loop and changes nothing here; what it found comes back on the
 * loop with {@link #note}.
 */
public final class Screen {
  /** Why what does not decode to finite numbers is left out. */
  public static final String NO_NUMBERS = "sent values that are no numbers";

  /** Places of the vector whose values are remembered. */
  private static final int PROBES = 2048;

  /** Of one chunk, for an audit. */
  static final int EXCERPT_VALUES = 65_536;

  private final List<PeerId> members;
  private final double[] weights;
  private final int self;
  private final long length;
  private final Inspector inspector;
  private final NormGate gate;
  private final Admission admission;
  private final Closer closer;
  private final Inspector.Earlier earlier;
  private final Sightings sightings;

  /**
   * @param weights of the members
   * @param self this peer's place; -1 if it is none of them
   * @param length values of the vector
   * @param gate by which lengths are judged
   * @param admission whose contributions are not averaged whatever they are
   * @param closer at which chunks to look more closely
   * @param earlier averages of the rounds before
   */
  Screen(
      List<PeerId> members,
      double[] weights,
      int self,
      long length,
      Inspector inspector,
      NormGate gate,
      Admission admission,
      Closer closer,
      Inspector.Earlier earlier) {
    this.members = members;
    this.weights = weights;
    this.self = self;
    this.length = length;
    this.inspector = inspector;
    this.gate = gate;
    this.admission = admission;
    this.closer = closer;
    this.earlier = earlier;
    this.sightings = new Sightings(weights, self, earlier);
  }

  /**
   * What was seen of one chunk.
   *
   * @param refused members whose contribution is left out, and why
   * @param agreements null where they were not looked at
   * @param places of the probes
   * @param accepted the median norm of those taken, as root mean square of a value; NaN of none
   * @param excerpt of the contribution that is to be computed again; null where none is kept
   */
  public record Finding(
      Map<Integer, String> refused,
      Map<Integer, Charge> charges,
      BitSet seen,
      Inspector.@Nullable Agreements agreements,
      int values,
      int region,
      int[] places,
      float[][] probes,
      double accepted,
      @Nullable Excerpt excerpt) {
    /** What is left to average. */
    public @Nullable ByteBuffer[] taken(@Nullable ByteBuffer[] received) {
      @Nullable ByteBuffer[] taken = received.clone();
      refused.keySet().forEach(member -> taken[member] = null);
      return taken;
    }

    /** Whether the contribution of {@code member} is left out. */
    public boolean refuses(int member) {
      return refused.containsKey(member);
    }
  }

  /** Whether this peer averages nothing of {@code member} either, whatever it brings. */
  public boolean leavesOut(int member) {
    return admission.bars(member) || admission.withholds(member);
  }

  /** Why nothing is taken from {@code member} in this round; empty when something may be. */
  public String barred(int member) {
    Charge charge = admission.barred().get(member);
    return charge == null ? "" : charge.reason();
  }

  /** Looks at everybody's contribution to chunk {@code number}. */
  public Finding look(int number, Chunk chunk) {
    int stride = Math.toIntExact(Math.max(1, length / PROBES));
    int offset = Math.toIntExact(Math.floorMod(-chunk.from(), stride));
    Inspector.Lengths lengths = inspector.lengths(chunk, offset, stride);
    double[] norms = lengths.norms();
    BitSet there = new BitSet();
    for (int member = 0; member < norms.length; member++) {
      there.set(member, !Double.isNaN(norms[member]) && weights[member] > 0);
    }
    BitSet seen = without(there, admission.barred().keySet());
    BitSet trusted = without(seen, admission.withheld().keySet());
    Map<Integer, Charge> gated = gate.judge(chunk, seen, norms, of(norms, trusted));
    BitSet sound = without(seen, gated.keySet());
    BitSet taken = without(sound, admission.withheld().keySet());
    Inspector.Agreements agreements = null;
    if (taken.cardinality() >= Direction.CONTRIBUTIONS_MIN && closer.direction().test(number)) {
      agreements = inspector.agreements(chunk, taken, sound, norms, earlier);
    }
    int audited = closer.audited();
    boolean kept = audited >= 0 && sound.get(audited) && closer.kept().test(number);
    return new Finding(
        refused(there, gated),
        held(gated),
        seen,
        agreements,
        chunk.values(),
        NormHistory.region(chunk.from(), chunk.values(), length),
        places(chunk.from(), offset, stride, chunk.values()),
        lengths.probes(),
        accepted(norms, taken) / Math.sqrt(chunk.values()),
        kept ? inspector.excerpt(chunk, audited, taken, norms, EXCERPT_VALUES) : null);
  }

  private static BitSet without(BitSet members, Set<Integer> left) {
    BitSet rest = (BitSet) members.clone();
    left.forEach(rest::clear);
    return rest;
  }

  /** NaN for all others. */
  private static double[] of(double[] norms, BitSet members) {
    double[] of = norms.clone();
    for (int member = 0; member < of.length; member++) {
      of[member] = members.get(member) ? of[member] : Double.NaN;
    }
    return of;
  }

  private Map<Integer, String> refused(BitSet there, Map<Integer, Charge> gated) {
    Map<Integer, String> refused = new TreeMap<>();
    admission.barred().forEach((member, charge) -> refused.put(member, charge.reason()));
    gated.forEach((member, charge) -> refused.put(member, charge.reason()));
    admission.withheld().forEach(refused::putIfAbsent);
    refused.keySet().removeIf(member -> !there.get(member));
    return refused;
  }

  private static Map<Integer, Charge> held(Map<Integer, Charge> gated) {
    Map<Integer, Charge> held = new TreeMap<>(gated);
    held.values().removeIf(charge -> charge.share() == 0);
    return held;
  }

  private static double accepted(double[] norms, BitSet taken) {
    double[] accepted = taken.stream().mapToDouble(member -> norms[member]).toArray();
    return accepted.length == 0 ? Double.NaN : Medians.of(accepted);
  }

  private static int[] places(long from, int offset, int stride, int values) {
    int count = offset >= values ? 0 : 1 + (values - 1 - offset) / stride;
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = Math.toIntExact((from + offset + (long) i * stride) / stride);
    }
    return places;
  }

  /** On the loop: what was found of a chunk that has been averaged. */
  public void note(Finding finding) {
    sightings.add(finding);
  }

  /** What was heard of one's own contribution in an average. */
  public sealed interface Echoed permits Echo.Heard {}

  /**
   * Looks for this peer's own contribution in another's average, beside the loop.
   *
   * @param number of the chunk
   * @param reducer the member that made it
   * @param own this peer's whole contribution; not read where it has none
   * @param average of the whole vector, of which this chunk is there
   * @param from index of the chunk's first value
   * @return null where this chunk is not looked at
   */
  public @Nullable Echoed listen(
      int number, int reducer, MemorySegment own, MemorySegment average, long from, int values) {
    boolean brought = self >= 0 && weights[self] > 0;
    return brought && closer.echo().test(number)
        ? Echo.Heard.of(reducer, own, average, from, values)
        : null;
  }

  /** On the loop: what was heard in an average that has been taken. */
  public void note(Echoed heard) {
    switch (heard) {
      case Echo.Heard chunk -> sightings.add(chunk);
    }
  }

  // The sum of the round.

  int self() {
    return self;
  }

  List<PeerId> members() {
    return members;
  }

  double weight(int member) {
    return weights[member];
  }

  Sightings sightings() {
    return sightings;
  }

  /** Everything to be held against a member for this round alone. */
  List<Charge> charges(int member) {
    Charge bar = admission.barred().get(member);
    return bar == null ? sightings.charges(member) : List.of(bar);
  }

  /** What is to be computed again of this round; nothing of somebody who is charged anyway. */
  Optional<Audit> audit() {
    List<Excerpt> excerpts = sightings.excerpts();
    int audited = closer.audited();
    if (excerpts.isEmpty() || !charges(audited).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Audit(members.get(audited), Math.round(weights[audited]), excerpts));
  }
}
