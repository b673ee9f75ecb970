package org.potluck.network.simulation;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.Identity;

/**
 * Many peers, one thread, one seed.
 *
 * <p>A swarm on real sockets cannot be tested: it is slow, and what happens depends on the
 * scheduler, so a failure does not happen again. Here everything that can happen is an event in one
 * queue, ordered by virtual time and then by the order of planning. Running an event may plan
 * others; nothing else moves. Time jumps from event to event, so an hour of waiting costs nothing.
 * All chance comes from generators derived from the seed by name, so that an additional peer does
 * not change what the others draw.
 *
 * <p>A stream's bytes pass its sender's uplink in segments, streams taking turns, then the delay of
 * the path, then the receiver's downlink; see {@link SimulatedStream}, {@link Uplink}, {@link
 * Path}, {@link Downlink}. An exception thrown by a peer's logic fails the simulation at once, with
 * the seed and the last events in the message.
 *
 * <p>The approach follows the simulators of FoundationDB and TigerBeetle.
 */
public final class Simulation {
  /** When virtual time begins. */
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final Duration IDLE_WITHIN = Duration.ofDays(1);
  private static final int LINES_IN_MESSAGES = 40;

  private final long seed;
  private final NetworkConditions conditions;
  private final Thread thread = Thread.currentThread();
  private final EventQueue queue = new EventQueue();
  private final Timeline timeline = new Timeline();
  private final RandomGenerator jitter;
  private final Topology topology = new Topology();
  private final Map<String, Integer> magnifications = new HashMap<>();
  private final Story story = new Story();
  private final Disturbance disturbance;
  private @Nullable Faults faults;
  private @Nullable SimulatedNetwork acting;
  private boolean running;
  private boolean failed;

  public Simulation(long seed) {
    this(seed, NetworkConditions.usual());
  }

  public Simulation(long seed, NetworkConditions conditions) {
    this.seed = seed;
    this.conditions = conditions;
    this.jitter = random("jitter");
    this.disturbance = new Disturbance(random("disturbance"));
  }

  public long seed() {
    return seed;
  }

  public NetworkConditions conditions() {
    return conditions;
  }

  /** Virtual time. */
  public InstantSource clock() {
    return () -> START.plusNanos(queue.nowNanos());
  }

  /** Virtual time since the start. */
  public Duration elapsed() {
    return Duration.ofNanos(queue.nowNanos());
  }

  /** A generator that depends on nothing but the seed and {@code purpose}. */
  public RandomGenerator random(String purpose) {
    long mixed = seed;
    for (int at = 0; at < purpose.length(); at++) {
      mixed = (mixed ^ purpose.charAt(at)) * 0x100000001B3L;
      mixed ^= mixed >>> 29;
    }
    return new SplittableRandom(mixed);
  }

  /** Equal for equal timelines; compare after two runs with one seed. */
  public long timelineHash() {
    return timeline.hash();
  }

  /** Events that have happened so far. */
  public long events() {
    return timeline.count();
  }

  /** Adds a peer named {@code peer-<number>}. */
  public SimulatedNetwork addPeer(PeerProfile profile) {
    return addPeer("peer-" + topology.size(), profile);
  }

  /** Adds a peer; it runs from now on, and nobody knows it yet. */
  public SimulatedNetwork addPeer(String name, PeerProfile profile) {
    Identity identity = Identity.generate(random("identity of host " + topology.size()));
    return start(topology.add(name, identity, profile));
  }

  /**
   * Replaces the sum of the two peers' delays by {@code link}, for connections made from now on.
   */
  public void link(SimulatedNetwork one, SimulatedNetwork other, LinkProfile link) {
    topology.link(one.host(), other.host(), link);
  }

  /**
   * Lets every byte of streams of {@code protocol} that are opened from now on weigh as much as
   * {@code factor} on links and in windows. So a small vector takes the time of a large one; what
   * else travels, and its share of the link, stays as it is.
   */
  public void magnify(String protocol, int factor) {
    if (factor < 1) {
      throw new IllegalArgumentException("not a magnification: " + factor);
    }
    magnifications.put(protocol, factor);
  }

  /** Whether a peer runs on the machine of {@code peer}, be it this one or a later one. */
  public boolean running(SimulatedNetwork peer) {
    return peer.host().running != null;
  }

  /** Adds a sentence to the story, which is told when something fails. */
  public void note(String peer, String topic, String text) {
    story.add(new Note(elapsed(), peer, topic, text));
  }

  /** Hears every sentence of the story from now on. */
  public void onNote(Consumer<Note> listener) {
    story.listen(listener);
  }

  /** The process of {@code peer} ends at once; its machine tells those connected. */
  public void crash(SimulatedNetwork peer) {
    stop(peer, EventKind.CRASHED, false);
  }

  /** The machine of {@code peer} goes dark; others notice by silence only. */
  public void cutPower(SimulatedNetwork peer) {
    stop(peer, EventKind.POWER_CUT, true);
  }

  /** Starts a crashed peer again, with its old identity, address and disk and nothing else. */
  public SimulatedNetwork restart(SimulatedNetwork crashed) {
    if (crashed.host().running != null) {
      throw new IllegalStateException(crashed + " is running");
    }
    return restart(crashed.host(), false);
  }

  /** Starts a crashed peer again as a stranger: a new identity and an empty disk. */
  public SimulatedNetwork restartWithoutDisk(SimulatedNetwork crashed) {
    if (crashed.host().running != null) {
      throw new IllegalStateException(crashed + " is running");
    }
    return restart(crashed.host(), true);
  }

  /** Parts two groups of peers in both directions. */
  public Partition part(List<SimulatedNetwork> some, List<SimulatedNetwork> others) {
    return part(some, others, true);
  }

  /** Loses what {@code senders} send to {@code receivers}; the other direction works. */
  public Partition partOneWay(List<SimulatedNetwork> senders, List<SimulatedNetwork> receivers) {
    return part(senders, receivers, false);
  }

  /** Nothing passes between two peers for {@code duration}, or until what is returned heals. */
  public Partition stall(SimulatedNetwork one, SimulatedNetwork other, Duration duration) {
    note(one.name(), "stalled", "with " + other.name() + " for " + duration.toMillis() + " ms");
    Partition partition = begin(indices(List.of(one)), indices(List.of(other)), true);
    at(duration, partition::heal);
    return partition;
  }

  /** Plans a step of the scenario, for instance a crash, {@code delay} from now. */
  public void at(Duration delay, Runnable step) {
    plan(nanos(delay), EventKind.SCENARIO, null, -1, 0, step);
  }

  /** Lets {@code duration} of virtual time pass. */
  public void runFor(Duration duration) {
    long end = queue.nowNanos() + nanos(duration);
    while (step(end)) {}
    queue.advanceTo(end);
  }

  /**
   * Runs until {@code condition} holds; it is looked at after every event.
   *
   * @throws SimulationException when {@code limit} passes before
   */
  public void runUntil(BooleanSupplier condition, Duration limit) {
    long end = queue.nowNanos() + nanos(limit);
    while (!condition.getAsBoolean()) {
      if (!step(end)) {
        queue.advanceTo(end);
        throw new SimulationException("not reached within " + limit + ": " + describe());
      }
    }
  }

  /**
   * Runs until {@code future} is done and returns its value.
   *
   * @throws CompletionException when it failed
   */
  public <T> T await(CompletableFuture<T> future, Duration limit) {
    runUntil(future::isDone, limit);
    return future.join();
  }

  /**
   * Runs until nothing is left to happen.
   *
   * @throws SimulationException when there still is after a day, for instance a repeating timer
   */
  public void runUntilIdle() {
    long end = queue.nowNanos() + nanos(IDLE_WITHIN);
    while (step(end)) {}
    if (queue.next(Long.MAX_VALUE) != null) {
      throw new SimulationException("never idle: " + describe());
    }
  }

  /**
   * Looks at what holds; a failed assertion is told together with the seed and the story.
   *
   * @throws SimulationException when an assertion fails
   */
  public void check(Runnable assertions) {
    try {
      assertions.run();
    } catch (AssertionError e) {
      throw new SimulationException(e.getMessage() + System.lineSeparator() + describe(), e);
    }
  }

  /** Seed, commit, faults, time, the story and the newest events. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "seed %d, commit %s, %.6f s%s%s%n%d events, the last of which were%s",
        seed,
        Commit.current(),
        queue.nowNanos() / 1e9,
        faults == null ? "" : System.lineSeparator() + faults,
        story.recent(LINES_IN_MESSAGES),
        timeline.count(),
        timeline.recent(LINES_IN_MESSAGES, index -> topology.host(index).name));
  }

  private boolean step(long endNanos) {
    if (failed || running) {
      throw new IllegalStateException(
          failed ? "the simulation has failed before" : "the simulation is running already");
    }
    requireThread();
    Event event = queue.next(endNanos);
    if (event == null) {
      return false;
    }
    SimulatedNetwork owner = event.owner;
    int index = owner == null ? -1 : owner.host().index;
    timeline.record(event.kind, event.atNanos, index, event.other, event.detail);
    running = true;
    acting = owner;
    try {
      event.take().run();
    } catch (RuntimeException | Error e) {
      failed = true;
      String who = owner == null ? "the scenario" : "peer " + owner;
      throw new SimulationException(who + " failed with " + e + ": " + describe(), e);
    } finally {
      acting = null;
      running = false;
    }
    return true;
  }

  SimulatedNetwork restart(Host host, boolean diskLost) {
    if (diskLost) {
      host.loseDisk(Identity.generate(random("identity of " + host.index + " at " + elapsed())));
    }
    note(host.name, "restarted", diskLost ? "without its disk" : "with its disk");
    return start(host);
  }

  private SimulatedNetwork start(Host host) {
    SimulatedNetwork network =
        new SimulatedNetwork(
            this, host, random("logic of host " + host.index + " started at " + elapsed()));
    host.running = network;
    host.powered = true;
    timeline.record(EventKind.STARTED, queue.nowNanos(), host.index, -1, 0);
    return network;
  }

  private void stop(SimulatedNetwork peer, EventKind kind, boolean silently) {
    if (peer.alive()) {
      timeline.record(kind, queue.nowNanos(), peer.host().index, -1, 0);
      note(peer.name(), "died", silently ? "its power is cut" : "its process ends");
      peer.die(silently);
    }
  }

  private Partition part(
      List<SimulatedNetwork> some, List<SimulatedNetwork> others, boolean bothWays) {
    return part(indices(some), indices(others), bothWays);
  }

  Partition part(BitSet some, BitSet others, boolean bothWays) {
    note(
        "",
        "parted",
        topology.names(some)
            + (bothWays ? " and " : " cannot be heard by ")
            + topology.names(others));
    return begin(some, others, bothWays);
  }

  private Partition begin(BitSet some, BitSet others, boolean bothWays) {
    Partition partition = new Partition(this, some, others, bothWays);
    topology.begin(partition);
    timeline.record(EventKind.PARTED, queue.nowNanos(), -1, -1, topology.partitions());
    plan(
        nanos(conditions.silenceLimit()),
        EventKind.SCENARIO,
        null,
        -1,
        0,
        () -> giveUpAcross(partition));
    return partition;
  }

  void healed(Partition partition) {
    topology.end(partition);
    timeline.record(EventKind.HEALED, queue.nowNanos(), -1, -1, topology.partitions());
    note("", "healed", topology.partitions() + " partitions and stalls are left");
    for (ConnectionEnd end : topology.ends()) {
      end.out().release();
    }
  }

  /** A partition has lasted for the silence limit: the connections across it are lost. */
  private void giveUpAcross(Partition partition) {
    if (!topology.lasts(partition)) {
      return;
    }
    for (ConnectionEnd end : topology.ends()) {
      if (partition.concerns(end.owner().host().index, end.other().owner().host().index)) {
        plan(
            0,
            EventKind.LOST,
            end.owner(),
            end.other().owner().host().index,
            4,
            () -> end.loseUnheard());
      }
    }
  }

  private static BitSet indices(List<SimulatedNetwork> peers) {
    BitSet set = new BitSet();
    peers.forEach(peer -> set.set(peer.host().index));
    return set;
  }

  Event plan(
      long delayNanos,
      EventKind kind,
      @Nullable SimulatedNetwork owner,
      int other,
      long detail,
      Runnable action) {
    requireThread();
    return queue.add(queue.nowNanos() + delayNanos, kind, owner, other, detail, action);
  }

  EventLoop.Timer later(Duration delay, Runnable step) {
    return plan(nanos(delay), EventKind.SCENARIO, null, -1, 0, step);
  }

  void configured(Faults newFaults) {
    faults = newFaults;
  }

  void changed(Host host) {
    timeline.record(EventKind.CHANGED, queue.nowNanos(), host.index, -1, 0);
  }

  int magnification(String protocol) {
    return magnifications.getOrDefault(protocol, 1);
  }

  Disturbance disturbance() {
    return disturbance;
  }

  Topology topology() {
    return topology;
  }

  Timeline timeline() {
    return timeline;
  }

  long nowNanos() {
    return queue.nowNanos();
  }

  /** Whether the caller is {@code peer}'s loop, or a test while nothing runs. */
  boolean mayActAs(SimulatedNetwork peer) {
    return Thread.currentThread().equals(thread) && (!running || acting == null || acting == peer);
  }

  long drawDelayNanos(LinkProfile link) {
    long jitterMax = nanos(link.jitterMax());
    return nanos(link.delay()) + (jitterMax == 0 ? 0 : jitter.nextLong(jitterMax + 1));
  }

  long drawRoundTripNanos(Host one, Host other) {
    LinkProfile link = topology.linkBetween(one, other);
    return drawDelayNanos(link) + drawDelayNanos(link);
  }

  /** The duration in nanoseconds; far beyond any simulation where it does not fit. */
  static long nanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(36_500)) > 0
        ? Long.MAX_VALUE / 4
        : duration.toNanos();
  }

  private void requireThread() {
    if (!Thread.currentThread().equals(thread)) {
      throw new IllegalStateException("a simulation lives on the thread that made it");
    }
  }
}
