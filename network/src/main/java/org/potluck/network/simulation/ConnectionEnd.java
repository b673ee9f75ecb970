package org.potluck.network.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.Traffic;

/**
 * One peer's end of a connection.
 *
 * <p>What one end sends, the other does when it arrives: a frame is a closure that travels along a
 * {@link Path}. The two ends live and die apart, as each learns of trouble in its own time.
 */
final class ConnectionEnd {
  private final SimulatedNetwork owner;
  private final Path out;
  private final Duration roundTrip;
  private final List<SimulatedStream> streams = new ArrayList<>(2);
  private final List<Opening> opening = new ArrayList<>(0);
  private @Nullable ConnectionEnd otherEnd;
  private boolean open = true;
  private Traffic traffic = Traffic.NONE;

  private ConnectionEnd(SimulatedNetwork owner, Path out, Duration roundTrip) {
    this.owner = owner;
    this.out = out;
    this.roundTrip = roundTrip;
  }

  /** A stream that the other side was asked for. */
  private record Opening(SimulatedStream stream, CompletableFuture<Stream> answer) {}

  /** Connects two peers; returns the end of {@code dialer}. */
  static ConnectionEnd connect(
      Simulation simulation, SimulatedNetwork dialer, SimulatedNetwork acceptor, Duration rtt) {
    LinkProfile link = simulation.topology().linkBetween(dialer.host(), acceptor.host());
    ConnectionEnd ours =
        new ConnectionEnd(dialer, new Path(simulation, dialer, acceptor, link), rtt);
    ConnectionEnd theirs =
        new ConnectionEnd(acceptor, new Path(simulation, acceptor, dialer, link), rtt);
    ours.otherEnd = theirs;
    theirs.otherEnd = ours;
    ours.out.whenBroken(ours::breakApart);
    theirs.out.whenBroken(theirs::breakApart);
    return ours;
  }

  SimulatedNetwork owner() {
    return owner;
  }

  Path out() {
    return out;
  }

  ConnectionEnd other() {
    ConnectionEnd end = otherEnd;
    if (end == null) {
      throw new IllegalStateException("a connection with one end");
    }
    return end;
  }

  PeerId remote() {
    return other().owner.self();
  }

  boolean open() {
    return open;
  }

  PeerTraffic traffic() {
    return new PeerTraffic(
        remote(), traffic, Optional.of(roundTrip), false, other().owner.address());
  }

  /** Asks the other side for a stream; {@code answer} completes when it grants or refuses. */
  void openStream(String protocol, CompletableFuture<Stream> answer) {
    SimulatedStream ours = new SimulatedStream(this, protocol);
    opening.add(new Opening(ours, answer));
    if (!open) {
      failOpening();
      return;
    }
    send(EventKind.OPEN, 0, () -> other().asked(ours, protocol, answer));
  }

  private void asked(SimulatedStream theirs, String protocol, CompletableFuture<Stream> answer) {
    if (!open) {
      return;
    }
    Network.StreamAcceptor acceptor = owner.acceptorOf(protocol);
    if (acceptor == null) {
      send(EventKind.OPEN, 0, () -> other().refused(theirs, answer));
      return;
    }
    SimulatedStream ours = new SimulatedStream(this, protocol);
    ours.joinedTo(theirs);
    theirs.joinedTo(ours);
    streams.add(ours);
    send(EventKind.OPEN, 1, () -> other().granted(theirs, answer));
    acceptor.accept(ours);
    if (!ours.hasHandler()) {
      throw new IllegalStateException(
          "the acceptor of '" + protocol + "' must set a handler before it returns");
    }
  }

  private void granted(SimulatedStream ours, CompletableFuture<Stream> answer) {
    if (!open) {
      return;
    }
    opening.removeIf(one -> one.stream == ours);
    streams.add(ours);
    if (!answer.complete(ours)) {
      ours.reset();
    }
  }

  private void refused(SimulatedStream ours, CompletableFuture<Stream> answer) {
    opening.removeIf(one -> one.stream == ours);
    answer.completeExceptionally(
        new NetworkException(
            Reason.UNSUPPORTED_PROTOCOL,
            "peer " + remote() + " does not speak '" + ours.protocol() + "'"));
  }

  void sendSegment(SimulatedStream from, Segment segment, long wireBytes) {
    traffic = traffic.plus(new Traffic(wireBytes, 0));
    owner.countSent(wireBytes);
    send(
        EventKind.ARRIVED,
        wireBytes,
        () -> {
          ConnectionEnd receiver = other();
          receiver
              .owner
              .downlink()
              .receive(
                  wireBytes,
                  owner.host().index,
                  () -> receiver.receive(from.other(), segment, wireBytes));
        });
  }

  private void receive(SimulatedStream stream, Segment segment, long wireBytes) {
    traffic = traffic.plus(new Traffic(0, wireBytes));
    owner.countReceived(wireBytes);
    owner.simulation().timeline().recordContent(segment.bytes());
    stream.delivered(segment);
  }

  void sendCredit(SimulatedStream from, long bytes) {
    send(EventKind.CREDIT, bytes, () -> from.other().creditArrived(bytes));
  }

  void sendReset(SimulatedStream from) {
    send(EventKind.RESET, 0, () -> from.other().endWith(StreamEnd.RESET_BY_REMOTE));
  }

  /** Runs {@code task} on the owner's loop, after what it does now. */
  void notice(Runnable task) {
    owner.simulation().plan(0, EventKind.NOTICE, owner, -1, 0, task);
  }

  void forget(SimulatedStream stream) {
    streams.remove(stream);
  }

  /** The owner closes the connection; the other side hears of it. */
  void close() {
    if (open) {
      send(EventKind.LOST, 0, () -> other().lose(StreamEnd.CONNECTION_LOST));
      lose(StreamEnd.RESET_BY_US);
    }
  }

  /** The owner's process died, and its machine says so to whoever is connected. */
  void crash() {
    open = false;
    long extra = Simulation.nanos(owner.simulation().conditions().crashDetection());
    out.send(EventKind.LOST, 1, extra, () -> other().lose(StreamEnd.CONNECTION_LOST));
  }

  /** The owner lost power: nobody says anything, and silence is noticed late. */
  void fallSilent() {
    open = false;
    other().loseAfterSilence();
  }

  /** Plans to give up the connection unless the other side can be heard again by then. */
  void loseAfterSilence() {
    owner
        .simulation()
        .plan(
            Simulation.nanos(owner.simulation().conditions().silenceLimit()),
            EventKind.LOST,
            owner,
            other().owner.host().index,
            2,
            () -> lose(StreamEnd.CONNECTION_LOST));
  }

  /** What this end sends does not arrive, however often it is repeated. */
  private void breakApart() {
    lose(StreamEnd.CONNECTION_LOST);
    other().loseAfterSilence();
  }

  /** A partition has lasted too long for this connection. */
  void loseUnheard() {
    lose(StreamEnd.CONNECTION_LOST);
  }

  /** The connection is gone as far as the owner can tell. */
  void lose(StreamEnd how) {
    if (!open) {
      return;
    }
    open = false;
    for (SimulatedStream stream : List.copyOf(streams)) {
      stream.endWith(how);
    }
    failOpening();
    owner.gone(this);
  }

  private void failOpening() {
    for (Opening one : List.copyOf(opening)) {
      one.answer.completeExceptionally(
          new NetworkException(Reason.CLOSED, "the connection to peer " + remote() + " was lost"));
    }
    opening.clear();
  }

  private void send(EventKind kind, long detail, Runnable onArrival) {
    SimulatedNetwork receiver = other().owner;
    if (!receiver.alive() && receiver.host().running != null) {
      // The machine runs again and knows nothing of this connection: it answers with a reset.
      owner
          .simulation()
          .plan(
              Simulation.nanos(roundTrip),
              EventKind.LOST,
              owner,
              receiver.host().index,
              3,
              () -> lose(StreamEnd.CONNECTION_LOST));
      return;
    }
    out.send(kind, detail, onArrival);
  }
}
