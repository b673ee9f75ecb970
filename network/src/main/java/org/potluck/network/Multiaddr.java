package org.potluck.network;

import java.io.ByteArrayOutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A self-describing network address, for instance {@code /ip4/203.0.113.7/tcp/4001/p2p/12D3KooW...}
 * (libp2p specs, addressing).
 *
 * <p>Equal addresses have equal bytes: text is brought into its canonical form when parsed.
 */
public final class Multiaddr {
  /** The longest text accepted, in characters. */
  public static final int TEXT_MAX = 1_024;

  /** The longest binary form accepted, in bytes. */
  public static final int BYTES_MAX = 512;

  /** Of a list from a peer no more addresses than this are looked at. */
  public static final int LIST_MAX = 64;

  private static final int PARTS_MAX = 16;

  private static final Recent<Multiaddr> RECENT = new Recent<>(15);

  private record Part(MultiaddrProtocol protocol, String value) {}

  private final List<Part> parts;
  private final String text;

  /** Read from the last part when first asked for. */
  private @Nullable PeerId peer;

  private Multiaddr(List<Part> parts) {
    this.parts = List.copyOf(parts);
    StringBuilder joined = new StringBuilder();
    for (Part part : parts) {
      joined.append('/').append(part.protocol.text);
      if (part.protocol.size != 0) {
        joined.append('/').append(part.value);
      }
    }
    text = joined.toString();
  }

  /**
   * @throws IllegalArgumentException naming the part that is wrong
   */
  public static Multiaddr parse(String text) {
    if (text.length() > TEXT_MAX) {
      throw new IllegalArgumentException("an address has at most " + TEXT_MAX + " characters");
    }
    try {
      return RECENT.get(
          text.hashCode(), known -> known.text.equals(text), () -> parseBounded(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "' is not an address: " + e.getMessage(), e);
    }
  }

  private static Multiaddr parseBounded(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("it must start with '/', as in /ip4/203.0.113.7/tcp/4001");
    }
    Iterator<String> words = List.of(text.substring(1).split("/", -1)).iterator();
    List<Part> parts = new ArrayList<>();
    while (words.hasNext()) {
      String next = words.next();
      String word = next.equals("ipfs") ? "p2p" : next;
      MultiaddrProtocol protocol =
          MultiaddrProtocol.ofText(word)
              .orElseThrow(() -> new IllegalArgumentException("unknown protocol '" + word + "'"));
      if (protocol.size != 0 && !words.hasNext()) {
        throw new IllegalArgumentException("nothing follows '" + word + "'");
      }
      String value = protocol.size == 0 ? "" : words.next();
      parts.add(new Part(protocol, checked(protocol, value)));
    }
    return ofParts(parts);
  }

  /**
   * @throws IllegalArgumentException when it is not the binary form of an address, or one with a
   *     protocol not known here
   */
  public static Multiaddr ofBytes(byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      throw new IllegalArgumentException("an address has at most " + BYTES_MAX + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    List<Part> parts = new ArrayList<>();
    while (in.hasRemaining()) {
      int code = Uvarint.read(in);
      MultiaddrProtocol protocol =
          MultiaddrProtocol.ofCode(code)
              .orElseThrow(() -> new IllegalArgumentException("unknown protocol number " + code));
      int size = protocol.size == MultiaddrProtocol.PREFIXED ? Uvarint.read(in) : protocol.size;
      if (size > in.remaining()) {
        throw new IllegalArgumentException("the value of " + protocol.text + " is cut off");
      }
      byte[] value = new byte[size];
      in.get(value);
      parts.add(new Part(protocol, protocol.decode(value)));
    }
    return ofParts(parts);
  }

  /**
   * What can be used of a list from a peer: other peers listen in ways not known here (WebRTC,
   * WebSocket), so an address that makes no sense is left out, not a reason to drop the list.
   */
  public static List<Multiaddr> known(List<byte[]> addresses) {
    List<Multiaddr> known = new ArrayList<>();
    for (byte[] address : addresses.subList(0, Math.min(LIST_MAX, addresses.size()))) {
      try {
        known.add(ofBytes(address));
      } catch (IllegalArgumentException _) {
        // Left out, as said.
      }
    }
    return List.copyOf(known);
  }

  /** The address of a TCP socket; a socket address that is not resolved becomes a DNS name. */
  public static Multiaddr ofTcp(InetSocketAddress socket) {
    Part port = new Part(MultiaddrProtocol.TCP, Integer.toString(socket.getPort()));
    InetAddress address = socket.getAddress();
    if (address == null) {
      String name = socket.getHostString();
      return ofParts(
          List.of(new Part(MultiaddrProtocol.DNS, checked(MultiaddrProtocol.DNS, name)), port));
    }
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return ofParts(List.of(new Part(MultiaddrProtocol.IP4, IpText.format4(bytes)), port));
    }
    Part ip6 = new Part(MultiaddrProtocol.IP6, IpText.format6(bytes));
    String written = address.getHostAddress();
    int zoneAt = written.indexOf('%');
    if (zoneAt < 0) {
      return ofParts(List.of(ip6, port));
    }
    String zone = checked(MultiaddrProtocol.IP6ZONE, written.substring(zoneAt + 1));
    return ofParts(List.of(new Part(MultiaddrProtocol.IP6ZONE, zone), ip6, port));
  }

  /** The binary form, as it travels. */
  public byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Part part : parts) {
      byte[] value = part.protocol.encode(part.value);
      Uvarint.write(part.protocol.code, out);
      if (part.protocol.size == MultiaddrProtocol.PREFIXED) {
        Uvarint.write(value.length, out);
      }
      out.writeBytes(value);
    }
    return out.toByteArray();
  }

  /** The peer id at the end, where there is one. */
  public Optional<PeerId> peer() {
    Part last = parts.getLast();
    if (last.protocol != MultiaddrProtocol.P2P) {
      return Optional.empty();
    }
    PeerId known = peer;
    if (known == null) {
      known = PeerId.parse(last.value);
      peer = known;
    }
    return Optional.of(known);
  }

  /** This address with {@code peer} at its end, instead of any peer id there. */
  public Multiaddr withPeer(PeerId peer) {
    List<Part> changed = new ArrayList<>(partsWithoutPeer());
    changed.add(new Part(MultiaddrProtocol.P2P, peer.toString()));
    return ofParts(changed);
  }

  /**
   * This address without the peer id at its end.
   *
   * @throws IllegalStateException when it consists of nothing else
   */
  public Multiaddr withoutPeer() {
    if (partsWithoutPeer().isEmpty()) {
      throw new IllegalStateException(text + " consists of a peer id only");
    }
    return new Multiaddr(partsWithoutPeer());
  }

  /**
   * Where to connect to over plain TCP; unresolved when it names a host. Empty for every other kind
   * of address, also for one through a relay.
   */
  public Optional<InetSocketAddress> tcpSocket() {
    List<Part> rest = partsWithoutPeer();
    String zone = "";
    if (!rest.isEmpty() && rest.getFirst().protocol == MultiaddrProtocol.IP6ZONE) {
      zone = rest.getFirst().value;
      rest = rest.subList(1, rest.size());
    }
    if (rest.size() != 2 || rest.get(1).protocol != MultiaddrProtocol.TCP) {
      return Optional.empty();
    }
    Part host = rest.getFirst();
    int port = Integer.parseInt(rest.get(1).value);
    if (!zone.isEmpty()) {
      // The zone may not exist on this machine, which only dialing can tell.
      return host.protocol == MultiaddrProtocol.IP6
          ? Optional.of(InetSocketAddress.createUnresolved(host.value + "%" + zone, port))
          : Optional.empty();
    }
    return switch (host.protocol) {
      case IP4, IP6 ->
          Optional.of(
              new InetSocketAddress(IpText.address(host.protocol.encode(host.value)), port));
      case DNS, DNS4, DNS6 -> Optional.of(InetSocketAddress.createUnresolved(host.value, port));
      case TCP, IP6ZONE, DNSADDR, UDP, P2P_CIRCUIT, P2P, QUIC_V1 -> Optional.empty();
    };
  }

  /** The IP address it starts with, where it does. */
  public Optional<InetAddress> ip() {
    return parts.stream()
        .limit(2)
        .filter(
            part ->
                part.protocol == MultiaddrProtocol.IP4 || part.protocol == MultiaddrProtocol.IP6)
        .findFirst()
        .map(part -> IpText.address(part.protocol.encode(part.value)));
  }

  /** Whether it leads back to the machine that dials it. */
  public boolean isLoopback() {
    Part first = parts.getFirst();
    return ip().map(InetAddress::isLoopbackAddress).orElse(false)
        || (first.protocol.isName() && first.value.equals("localhost"));
  }

  /**
   * Whether it means something only within one network: private ranges, link-local addresses,
   * carrier-grade NAT (RFC 1918, 3927, 4193, 4291, 6598) and the unspecified address, but not
   * loopback.
   */
  public boolean isPrivate() {
    return ip().map(Multiaddr::isPrivate).orElse(false);
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean uniqueLocal = address instanceof Inet6Address && (bytes[0] & 0xfe) == 0xfc;
    boolean carrierNat = bytes.length == 4 && (bytes[0] & 0xff) == 100 && (bytes[1] & 0xc0) == 0x40;
    return uniqueLocal
        || carrierNat
        || address.isSiteLocalAddress()
        || address.isLinkLocalAddress()
        || address.isAnyLocalAddress();
  }

  private List<Part> partsWithoutPeer() {
    return parts.getLast().protocol == MultiaddrProtocol.P2P
        ? parts.subList(0, parts.size() - 1)
        : parts;
  }

  private static Multiaddr ofParts(List<Part> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("an address has at least one part");
    }
    if (parts.size() > PARTS_MAX) {
      throw new IllegalArgumentException("an address has at most " + PARTS_MAX + " parts");
    }
    return new Multiaddr(parts);
  }

  private static String checked(MultiaddrProtocol protocol, String value) {
    return protocol.decode(protocol.encode(value));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Multiaddr that && parts.equals(that.parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
