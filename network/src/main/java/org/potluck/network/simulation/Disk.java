package org.potluck.network.simulation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a simulated machine keeps while its peer is dead, unless the disk is lost too. */
public final class Disk {
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  Disk() {}

  /** Writing is atomic and takes no time. */
  public void write(String name, byte[] content) {
    files.put(name, content.clone());
  }

  public Optional<byte[]> read(String name) {
    return Optional.ofNullable(files.get(name)).map(byte[]::clone);
  }

  void wipe() {
    files.clear();
  }
}
