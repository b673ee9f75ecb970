package org.potluck.network;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/** The parts an address can consist of, with their numbers in the multicodec table. */
enum MultiaddrProtocol {
  IP4(4, "ip4", 4),
  TCP(6, "tcp", 2),
  IP6(41, "ip6", 16),
  IP6ZONE(42, "ip6zone", MultiaddrProtocol.PREFIXED),
  DNS(53, "dns", MultiaddrProtocol.PREFIXED),
  DNS4(54, "dns4", MultiaddrProtocol.PREFIXED),
  DNS6(55, "dns6", MultiaddrProtocol.PREFIXED),
  DNSADDR(56, "dnsaddr", MultiaddrProtocol.PREFIXED),
  UDP(273, "udp", 2),
  P2P_CIRCUIT(290, "p2p-circuit", 0),
  P2P(421, "p2p", MultiaddrProtocol.PREFIXED),
  QUIC_V1(461, "quic-v1", 0);

  /** The value has no fixed size: its length in bytes stands before it. */
  static final int PREFIXED = -1;

  private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})");
  private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9_.-]{1,32}");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  final int code;
  final String text;

  /** Length of the value in bytes, or {@link #PREFIXED}. */
  final int size;

  MultiaddrProtocol(int code, String text, int size) {
    this.code = code;
    this.text = text;
    this.size = size;
  }

  static Optional<MultiaddrProtocol> ofText(String text) {
    for (MultiaddrProtocol protocol : values()) {
      if (protocol.text.equals(text)) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  static Optional<MultiaddrProtocol> ofCode(int code) {
    for (MultiaddrProtocol protocol : values()) {
      if (protocol.code == code) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  boolean isName() {
    return this == DNS || this == DNS4 || this == DNS6;
  }

  /**
   * @throws IllegalArgumentException saying what is wrong with {@code value}
   */
  byte[] encode(String value) {
    return switch (this) {
      case IP4 -> IpText.parse4(value);
      case IP6 -> IpText.parse6(value);
      case TCP, UDP -> port(value);
      case P2P -> PeerId.parse(value).toBytes();
      case IP6ZONE -> matching(ZONE, value, "the name of a network interface");
      case DNS, DNS4, DNS6, DNSADDR -> matching(DOMAIN, value, "a domain name");
      case P2P_CIRCUIT, QUIC_V1 -> new byte[0];
    };
  }

  /**
   * @throws IllegalArgumentException saying what is wrong with {@code value}
   */
  String decode(byte[] value) {
    return switch (this) {
      case IP4 -> IpText.format4(value);
      case IP6 -> IpText.format6(value);
      case TCP, UDP -> Integer.toString(((value[0] & 0xff) << 8) | (value[1] & 0xff));
      case P2P -> PeerId.ofBytes(value).toString();
      case IP6ZONE, DNS, DNS4, DNS6, DNSADDR -> {
        String name = new String(value, StandardCharsets.ISO_8859_1);
        encode(name);
        yield name;
      }
      case P2P_CIRCUIT, QUIC_V1 -> "";
    };
  }

  private static byte[] port(String value) {
    int port = PORT.matcher(value).matches() ? Integer.parseInt(value) : -1;
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("'" + value + "' is not a port (0 to 65535)");
    }
    return new byte[] {(byte) (port >>> 8), (byte) port};
  }

  private static byte[] matching(Pattern pattern, String value, String what) {
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException("'" + value + "' is not " + what);
    }
    return value.getBytes(StandardCharsets.US_ASCII);
  }
}
