package org.potluck.network.libp2p;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.potluck.network.Multiaddr;

/** Under which addresses a listening socket can be dialed, most widely reachable first. */
final class OwnAddresses {
  /** Virtual machines and containers give a host dozens of interfaces; nobody tries them all. */
  private static final int ADDRESSES_MAX = 16;

  private OwnAddresses() {}

  /**
   * @param bound where the socket listens; a wildcard stands for every interface of its IP version
   * @param observed public addresses learnt from others, which a router may forward to us
   */
  static List<Multiaddr> of(InetSocketAddress bound, List<InetAddress> observed) {
    InetAddress at = bound.getAddress();
    if (!at.isAnyLocalAddress()) {
      return List.of(Multiaddr.ofTcp(bound));
    }
    boolean version4 = at.getAddress().length == 4;
    return Stream.concat(observed.stream(), interfaces().stream())
        .filter(address -> !version4 || address.getAddress().length == 4)
        .filter(address -> !(address.isLinkLocalAddress() && address.getAddress().length == 16))
        .map(address -> Multiaddr.ofTcp(new InetSocketAddress(unscoped(address), bound.getPort())))
        .distinct()
        .sorted(Comparator.comparingInt(OwnAddresses::reach))
        .limit(ADDRESSES_MAX)
        .toList();
  }

  /** Public, then private, then loopback; the sort is stable, so the order within stays. */
  static int reach(Multiaddr address) {
    return address.isLoopback() ? 2 : address.isPrivate() ? 1 : 0;
  }

  /** The system names an interface with every IPv6 address; that means nothing elsewhere. */
  private static InetAddress unscoped(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of an impossible length", e);
    }
  }

  private static List<InetAddress> interfaces() {
    List<InetAddress> addresses = new ArrayList<>();
    try {
      for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        if (one.isUp()) {
          addresses.addAll(Collections.list(one.getInetAddresses()));
        }
      }
    } catch (SocketException _) {
      // A system that does not tell its interfaces still has this one.
      return List.of(InetAddress.getLoopbackAddress());
    }
    return addresses;
  }
}
