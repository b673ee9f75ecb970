package org.potluck.peer.simulate;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.potluck.network.Multiaddr;
import org.potluck.network.simulation.Disk;

/**
 * The addresses of others that a peer writes down, so that it finds back when all it knew is gone.
 */
final class AddressNote {
  private static final String FILE = "addresses";
  private static final int ADDRESSES_MAX = 64;

  private AddressNote() {}

  static void write(Disk disk, List<Multiaddr> addresses) {
    if (!addresses.isEmpty()) {
      String lines =
          addresses.stream()
              .limit(ADDRESSES_MAX)
              .map(Multiaddr::toString)
              .collect(Collectors.joining("\n"));
      disk.write(FILE, lines.getBytes(StandardCharsets.UTF_8));
    }
  }

  static List<Multiaddr> read(Disk disk) {
    return disk.read(FILE)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .map(text -> text.lines().map(Multiaddr::parse).toList())
        .orElse(List.of());
  }
}
