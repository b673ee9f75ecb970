package org.potluck.network;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * IP addresses between text and bytes, strictly and without ever asking the DNS.
 *
 * <p>Java's own parsers are lenient where an address from a stranger should not be ({@code 127.1},
 * zone suffixes) and turn mapped IPv6 addresses into IPv4 ones.
 */
final class IpText {
  private static final Pattern OCTETS =
      Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
  private static final Pattern IP6_CHARACTERS = Pattern.compile("[0-9a-fA-F:.]{2,45}");

  private IpText() {}

  /**
   * @throws IllegalArgumentException when it is not four decimal octets
   */
  static byte[] parse4(String text) {
    if (OCTETS.matcher(text).matches()) {
      int[] octets = Arrays.stream(text.split("\\.")).mapToInt(Integer::parseInt).toArray();
      if (Arrays.stream(octets).allMatch(octet -> octet < 256)) {
        return new byte[] {(byte) octets[0], (byte) octets[1], (byte) octets[2], (byte) octets[3]};
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not an IPv4 address");
  }

  /**
   * @throws IllegalArgumentException when it is not an IPv6 address without a zone
   */
  static byte[] parse6(String text) {
    try {
      if (IP6_CHARACTERS.matcher(text).matches() && text.contains(":")) {
        byte[] bytes = Inet6Address.ofLiteral(text).getAddress();
        return bytes.length == 16 ? bytes : mapped(bytes);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "' is not an IPv6 address", e);
    }
    throw new IllegalArgumentException("'" + text + "' is not an IPv6 address");
  }

  /** The address as Java has it, in which a mapped IPv6 address is an IPv4 one. */
  static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not 4 or 16 bytes", e);
    }
  }

  static String format4(byte[] bytes) {
    return (bytes[0] & 0xff)
        + "."
        + (bytes[1] & 0xff)
        + "."
        + (bytes[2] & 0xff)
        + "."
        + (bytes[3] & 0xff);
  }

  /** RFC 5952: lower case, the longest run of two or more zero groups as {@code ::}. */
  static String format6(byte[] bytes) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff);
    }
    int longestAt = -1;
    int longest = 1;
    for (int i = 0; i < 8; i++) {
      int run = 0;
      while (i + run < 8 && groups[i + run] == 0) {
        run++;
      }
      if (run > longest) {
        longestAt = i;
        longest = run;
      }
    }
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < 8) {
      if (at == longestAt) {
        text.append("::");
        at += longest;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[at]));
      at++;
    }
    return text.toString();
  }

  private static byte[] mapped(byte[] ip4) {
    byte[] ip6 = new byte[16];
    ip6[10] = (byte) 0xff;
    ip6[11] = (byte) 0xff;
    System.arraycopy(ip4, 0, ip6, 12, 4);
    return ip6;
  }
}
