package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/** What all rooms of an exchange know: the agreed group, the clock, and what went wrong. */
final class Round {
  /** How far this peer is. */
  enum Phase {
    /** Something is missing, or not yet certain. */
    RUNNING,
    /** The outcome is out; the peer stays to answer for what it holds. */
    SETTLED,
    /** Nothing is answered any more. */
    OVER
  }

  /** Why a round ends for a member that is at fault itself. */
  static final String OWN_NO_NUMBERS = "the contribution holds values that are no numbers";

  final EventLoop loop;
  final Workshop workshop;
  final AveragingOptions options;
  final Group group;
  final int self;
  final ChunkTable chunks;

  /** Of the contributions, by member. */
  final List<Codec> codecsUp;

  final Codec codecDown;
  final Signatures signatures;

  /** Whether contributions are signed, since averages may be reviewed. */
  private final boolean reviewed;

  final Instant started;
  final Instant deadline;
  Phase phase = Phase.RUNNING;
  private @Nullable MemorySegment own;
  private double[] ownWeights = {};
  private final Set<PeerFault> faults = new LinkedHashSet<>();
  private final List<EventLoop.Timer> timers = new ArrayList<>();

  Round(
      EventLoop loop,
      Workshop workshop,
      AveragingOptions options,
      Group group,
      int self,
      Instant deadline,
      Signatures signatures,
      boolean reviewed) {
    this.loop = loop;
    this.workshop = workshop;
    this.options = options;
    this.group = group;
    this.self = self;
    this.chunks = new ChunkTable(group);
    this.codecsUp =
        IntStream.range(0, group.members().size())
            .mapToObj(member -> Codecs.of(group.codecUp(member)))
            .toList();
    this.codecDown = Codecs.of(group.codecDown());
    this.started = loop.now();
    this.deadline = deadline;
    this.signatures = signatures;
    this.reviewed = reviewed;
  }

  /**
   * What this member brings is there.
   *
   * @param weights of its chunks; read in a carried round only
   */
  void bring(MemorySegment values, double[] weights) {
    own = values;
    ownWeights = weights;
  }

  /** Whether this member still waits for what it is to bring. */
  boolean pending() {
    return own == null && contributes(self);
  }

  /** What this member brings; not to be asked for while it is pending. */
  MemorySegment own() {
    return Objects.requireNonNullElse(own, MemorySegment.NULL);
  }

  /** What a chunk of it counts in a carried round. */
  double ownWeight(int chunk) {
    return ownWeights[chunk];
  }

  /** Whether the members bring means of an earlier stage of a grid. */
  boolean carried() {
    return group.carried();
  }

  /** Whether the members sign what they bring, each chunk of it; nobody brings a mean so. */
  boolean signed() {
    return reviewed && !carried();
  }

  /** The frames in which contributions travel. */
  FrameKind contributionKind() {
    if (carried()) {
      return FrameKind.CARRIED;
    }
    return reviewed ? FrameKind.SIGNED : FrameKind.CONTRIBUTION;
  }

  /** Schedules a task that a round has few of. A round that is over must not be held by any. */
  void later(Duration delay, Runnable task) {
    timers.add(loop.schedule(delay, task));
  }

  void cancelTimers() {
    timers.forEach(EventLoop.Timer::cancel);
    timers.clear();
  }

  boolean running() {
    return phase == Phase.RUNNING;
  }

  boolean over() {
    return phase == Phase.OVER;
  }

  int size() {
    return group.members().size();
  }

  Member member(int index) {
    return group.members().get(index);
  }

  PeerId peer(int index) {
    return member(index).peer();
  }

  boolean contributes(int index) {
    return member(index).contributes();
  }

  /** Bytes of a member's contribution of {@code values} values. */
  int contributionBytes(int member, int values) {
    return codecsUp.get(member).encodedBytes(values);
  }

  void blame(PeerFault fault) {
    faults.add(fault);
  }

  /** It was one who did all the harm: what others seem to have done came of it. */
  void blameAlone(PeerFault fault) {
    faults.clear();
    faults.add(fault);
  }

  List<PeerFault> faults() {
    return List.copyOf(faults);
  }

  /** From the start of the exchange until now. */
  Duration elapsed() {
    return Duration.between(started, loop.now());
  }
}
