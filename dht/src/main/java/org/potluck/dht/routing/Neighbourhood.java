package org.potluck.dht.routing;

import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.potluck.network.Multiaddr;

/**
 * The part of the internet in which a peer says it is: the first 24 bits of an IPv4 address, 48 of
 * an IPv6 one. Many identities are cheap, addresses in many places are not, so that a bucket takes
 * only a few contacts of one neighbourhood. Machines of one local network are exempt.
 */
public final class Neighbourhood {
  private static final int BYTES_4 = 3;
  private static final int BYTES_6 = 6;

  private Neighbourhood() {}

  /** Empty where none of {@code addresses} is public. */
  public static Optional<String> of(List<Multiaddr> addresses) {
    for (Multiaddr address : addresses) {
      Optional<InetAddress> ip = address.ip();
      if (ip.isPresent() && !address.isLoopback() && !address.isPrivate()) {
        byte[] bytes = ip.get().getAddress();
        int count = bytes.length == 4 ? BYTES_4 : BYTES_6;
        return Optional.of(HexFormat.of().formatHex(bytes, 0, count));
      }
    }
    return Optional.empty();
  }
}
