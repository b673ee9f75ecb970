package org.potluck.network.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Stream;
import org.potluck.network.Traffic;

/**
 * The network as one simulated peer sees it, from its start to its crash.
 *
 * <p>A peer that starts again is a new {@code SimulatedNetwork} on the same host. Tests may call a
 * network directly while the simulation stands still; while it runs, only from the peer's own loop.
 */
public final class SimulatedNetwork implements Network {
  private final Simulation simulation;
  private final Host host;
  private final Identity identity;
  private final Multiaddr address;
  private final SimulatedLoop loop;
  private final RandomGenerator random;
  private final Uplink uplink = new Uplink(this);
  private final Downlink downlink = new Downlink(this);
  private final AddressBook book = new AddressBook();
  private final Map<String, StreamAcceptor> acceptors = new LinkedHashMap<>();
  private final Map<PeerId, List<ConnectionEnd>> connections = new LinkedHashMap<>();
  private final Map<PeerId, Dial> dials = new LinkedHashMap<>();
  private final Set<ConnectionEnd> ends = new LinkedHashSet<>();
  private final List<ConnectionListener> listeners = new ArrayList<>();
  private Traffic total = Traffic.NONE;
  private boolean alive = true;
  private @Nullable Duration died;
  private boolean closed;

  SimulatedNetwork(Simulation simulation, Host host, RandomGenerator random) {
    this.simulation = simulation;
    this.host = host;
    this.identity = host.identity;
    this.address = host.address;
    this.random = random;
    this.loop = new SimulatedLoop(simulation, this);
  }

  /** The name given to the peer, for messages. */
  public String name() {
    return host.name;
  }

  /** Chance for the logic of this peer, drawn from the simulation's seed. */
  public RandomGenerator random() {
    return random;
  }

  /** Whether it runs: false from the moment it crashed. */
  public boolean alive() {
    return alive;
  }

  /** What this peer's machine keeps across crashes. */
  public Disk disk() {
    return host.disk;
  }

  /** How this peer is to behave. */
  public Conduct conduct() {
    return host.conduct;
  }

  /** Adds a sentence about this peer to the story of the simulation. */
  public void note(String topic, String text) {
    simulation.note(host.name, topic, text);
  }

  /** When it crashed, in virtual time since the start. */
  public Optional<Duration> died() {
    return Optional.ofNullable(died);
  }

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public List<Multiaddr> addresses() {
    return host.profile.canBeDialed() && !closed ? List.of(address) : List.of();
  }

  @Override
  public void remember(PeerId peer, List<Multiaddr> addresses) {
    requireLoop();
    if (!peer.equals(self())) {
      book.remember(peer, addresses, connections::containsKey);
    }
  }

  @Override
  public List<Multiaddr> addressesOf(PeerId peer) {
    return book.of(peer);
  }

  @Override
  public CompletableFuture<PeerId> connect(Multiaddr address, Duration timeout) {
    requireLoop();
    Optional<PeerId> peer = address.peer();
    if (peer.isEmpty()) {
      return CompletableFuture.failedFuture(
          new NetworkException(Reason.UNREACHABLE, address + " does not end in /p2p/<peer id>"));
    }
    remember(peer.get(), List.of(address));
    Dial running = dials.get(peer.get());
    if (running != null) {
      running.alsoTry(address);
    }
    CompletableFuture<PeerId> answer = limited(timeout, () -> "connecting to peer " + peer.get());
    whenConnected(peer.get(), answer, end -> answer.complete(end.remote()));
    return answer;
  }

  @Override
  public CompletableFuture<Stream> open(PeerId peer, String protocol, Duration timeout) {
    requireLoop();
    CompletableFuture<Stream> answer =
        limited(timeout, () -> "opening '" + protocol + "' to peer " + peer);
    whenConnected(peer, answer, end -> end.openStream(protocol, answer));
    return answer;
  }

  @Override
  public void handle(String protocol, StreamAcceptor acceptor) {
    requireLoop();
    acceptors.put(protocol, acceptor);
  }

  @Override
  public void unhandle(String protocol) {
    requireLoop();
    acceptors.remove(protocol);
  }

  @Override
  public List<PeerId> connectedPeers() {
    return List.copyOf(connections.keySet());
  }

  @Override
  public Optional<PeerTraffic> traffic(PeerId peer) {
    List<ConnectionEnd> found = connections.get(peer);
    return found == null ? Optional.empty() : Optional.of(sum(found));
  }

  /** Two peers that dialed each other at once have two connections. */
  private static PeerTraffic sum(List<ConnectionEnd> ends) {
    PeerTraffic first = ends.getFirst().traffic();
    Traffic all =
        ends.stream().map(end -> end.traffic().traffic()).reduce(Traffic.NONE, Traffic::plus);
    return new PeerTraffic(first.peer(), all, first.roundTrip(), first.relayed(), first.address());
  }

  @Override
  public Traffic total() {
    return total;
  }

  @Override
  public void listen(ConnectionListener listener) {
    requireLoop();
    listeners.add(listener);
  }

  @Override
  public void disconnect(PeerId peer) {
    requireLoop();
    for (ConnectionEnd end : List.copyOf(connections.getOrDefault(peer, List.of()))) {
      end.close();
    }
  }

  @Override
  public CompletableFuture<Void> close() {
    requireLoop();
    closed = true;
    for (ConnectionEnd end : List.copyOf(ends)) {
      end.close();
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(() -> done.complete(null));
    return done;
  }

  @Override
  public String toString() {
    return host.name + "(" + self().shortName() + ")";
  }

  /** Completes {@code answer} exceptionally, or goes on with the connection to {@code peer}. */
  private <T> void whenConnected(
      PeerId peer, CompletableFuture<T> answer, Consumer<ConnectionEnd> then) {
    List<ConnectionEnd> present = connections.get(peer);
    if (closed || peer.equals(self())) {
      String why = closed ? "this peer has left the network" : "a peer does not dial itself";
      loop.execute(
          () -> answer.completeExceptionally(new NetworkException(Reason.UNREACHABLE, why)));
    } else if (present != null) {
      then.accept(present.getFirst());
    } else {
      dial(peer)
          .whenDone(
              (end, trouble) -> {
                if (trouble != null) {
                  answer.completeExceptionally(trouble);
                } else if (end != null && !answer.isDone()) {
                  then.accept(end);
                }
              });
    }
  }

  private Dial dial(PeerId peer) {
    Dial running = dials.get(peer);
    if (running != null) {
      return running;
    }
    Dial dial = new Dial(this, peer, book.of(peer));
    dials.put(peer, dial);
    dial.start();
    return dial;
  }

  private <T> CompletableFuture<T> limited(Duration timeout, Supplier<String> what) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("the timeout must be positive: " + timeout);
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    EventLoop.Timer timer =
        loop.schedule(
            timeout,
            () ->
                answer.completeExceptionally(
                    new NetworkException(
                        Reason.TIMED_OUT, what.get() + " took longer than " + timeout)));
    var _ = answer.whenComplete((done, trouble) -> timer.cancel());
    return answer;
  }

  Simulation simulation() {
    return simulation;
  }

  Host host() {
    return host;
  }

  Uplink uplink() {
    return uplink;
  }

  Downlink downlink() {
    return downlink;
  }

  boolean listening() {
    return alive && !closed;
  }

  Multiaddr address() {
    return address;
  }

  @Nullable StreamAcceptor acceptorOf(String protocol) {
    return acceptors.get(protocol);
  }

  void requireLoop() {
    if (!simulation.mayActAs(this)) {
      throw new IllegalStateException(
          "peer " + this + " called from outside its loop: " + simulation.describe());
    }
  }

  void countSent(long bytes) {
    total = total.plus(new Traffic(bytes, 0));
  }

  void countReceived(long bytes) {
    total = total.plus(new Traffic(0, bytes));
  }

  void lied(String how) {
    simulation.timeline().record(EventKind.LIED, simulation.nowNanos(), host.index, -1, 0);
    note("lie", how);
  }

  /** A dial is over. */
  void dialed(PeerId peer) {
    dials.remove(peer);
  }

  /** A handshake with this peer is nearly done. */
  void expect(ConnectionEnd end) {
    ends.add(end);
  }

  /** A handshake is done. */
  void greeted(ConnectionEnd end) {
    if (closed || !end.open()) {
      end.close();
      return;
    }
    ends.add(end);
    List<ConnectionEnd> present =
        connections.computeIfAbsent(end.remote(), peer -> new ArrayList<>(1));
    present.add(end);
    if (present.size() == 1) {
      tell(listener -> listener.connected(end.remote()));
    }
  }

  /** A connection is lost or closed. */
  void gone(ConnectionEnd end) {
    ends.remove(end);
    List<ConnectionEnd> present = connections.get(end.remote());
    if (present != null && present.remove(end) && present.isEmpty()) {
      connections.remove(end.remote());
      tell(listener -> listener.disconnected(end.remote()));
    }
  }

  private void tell(Consumer<ConnectionListener> news) {
    for (ConnectionListener listener : List.copyOf(listeners)) {
      simulation.plan(0, EventKind.NOTICE, this, -1, 0, () -> news.accept(listener));
    }
  }

  /** The peers' connections, for partitions. */
  List<ConnectionEnd> ends() {
    return List.copyOf(ends);
  }

  /** Stops existing at once. */
  void die(boolean silently) {
    alive = false;
    died = simulation.elapsed();
    host.running = null;
    host.powered = !silently;
    for (ConnectionEnd end : List.copyOf(ends)) {
      if (silently) {
        end.fallSilent();
      } else {
        end.crash();
      }
    }
    ends.clear();
  }
}
