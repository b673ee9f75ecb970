package org.potluck.peer.simulate;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.potluck.dht.SavedPeers;
import org.potluck.network.Multiaddr;
import org.potluck.network.simulation.Disk;

/** Saved peers on a simulated disk: what {@code SavedPeersFile} is to a real peer. */
final class DiskPeers implements SavedPeers {
  private static final String FILE = "peers";

  private final Disk disk;

  DiskPeers(Disk disk) {
    this.disk = disk;
  }

  @Override
  public List<Multiaddr> load() {
    return disk.read(FILE)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .map(text -> text.lines().map(Multiaddr::parse).toList())
        .orElse(List.of());
  }

  @Override
  public void save(List<Multiaddr> addresses) {
    String lines = addresses.stream().map(Multiaddr::toString).collect(Collectors.joining("\n"));
    disk.write(FILE, lines.getBytes(StandardCharsets.UTF_8));
  }
}
