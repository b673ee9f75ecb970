package org.potluck.network.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/** Dials one peer, one address after the other, for all who wait for it. */
final class Dial {
  private final SimulatedNetwork network;
  private final PeerId peer;
  private final ArrayDeque<Multiaddr> addresses;
  private final List<Waiter> waiters = new ArrayList<>();

  Dial(SimulatedNetwork network, PeerId peer, List<Multiaddr> addresses) {
    this.network = network;
    this.peer = peer;
    this.addresses = new ArrayDeque<>(addresses);
  }

  /** Hears of the end of a dial: exactly one of the two is there. */
  interface Waiter {
    void done(@Nullable ConnectionEnd connected, @Nullable NetworkException trouble);
  }

  /** Those who wait are told in the order in which they came, as a future would not do. */
  void whenDone(Waiter waiter) {
    waiters.add(waiter);
  }

  void alsoTry(Multiaddr address) {
    if (!addresses.contains(address)) {
      addresses.add(address);
    }
  }

  void start() {
    next(new NetworkException(Reason.UNREACHABLE, "no address of peer " + peer + " is known"));
  }

  private void next(NetworkException last) {
    Multiaddr address = addresses.poll();
    if (address == null) {
      after(0, () -> finish(null, last));
      return;
    }
    Host host = network.simulation().topology().hostAt(address);
    if (host == null) {
      next(unreachable("no machine has the address " + address));
    } else {
      long rtt = network.simulation().drawRoundTripNanos(network.host(), host);
      after(rtt, () -> knocked(host, rtt));
    }
  }

  private void knocked(Host host, long rtt) {
    if (silent(host)) {
      NetworkException silence =
          new NetworkException(
              Reason.TIMED_OUT,
              "nobody answers at " + host.address + ", perhaps a NAT or firewall");
      after(Simulation.nanos(network.simulation().conditions().dialLimit()), () -> next(silence));
    } else if (listening(host) == null) {
      next(unreachable("the machine at " + host.address + " refuses connections"));
    } else {
      long rest = network.simulation().conditions().setUpRoundTrips() - 1L;
      after(rest * rtt, () -> greeted(host, rtt));
    }
  }

  private void greeted(Host host, long rtt) {
    SimulatedNetwork remote = listening(host);
    if (remote == null || silent(host)) {
      next(unreachable("the connection to " + host.address + " broke during the handshake"));
    } else if (!remote.self().equals(peer)) {
      next(
          new NetworkException(
              Reason.WRONG_PEER,
              "at " + host.address + " answers peer " + remote.self() + ", not peer " + peer));
    } else {
      Duration roundTrip = Duration.ofNanos(rtt);
      ConnectionEnd ours = ConnectionEnd.connect(network.simulation(), network, remote, roundTrip);
      remote.expect(ours.other());
      ours.out().send(EventKind.HELLO, 0, () -> remote.greeted(ours.other()));
      network.greeted(ours);
      finish(ours, null);
    }
  }

  private void finish(@Nullable ConnectionEnd connected, @Nullable NetworkException trouble) {
    network.dialed(peer);
    waiters.forEach(waiter -> waiter.done(connected, trouble));
  }

  private boolean silent(Host host) {
    Host own = network.host();
    return !host.powered
        || !host.profile.canBeDialed()
        || network.simulation().topology().parted(own, host)
        || network.simulation().topology().parted(host, own);
  }

  private static @Nullable SimulatedNetwork listening(Host host) {
    SimulatedNetwork running = host.running;
    return running != null && running.listening() ? running : null;
  }

  private void after(long nanos, Runnable step) {
    network.simulation().plan(nanos, EventKind.DIAL, network, -1, 0, step);
  }

  private static NetworkException unreachable(String message) {
    return new NetworkException(Reason.UNREACHABLE, message);
  }
}
