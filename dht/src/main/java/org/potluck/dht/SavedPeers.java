package org.potluck.dht;

import java.util.List;
import org.potluck.network.Multiaddr;

/**
 * Where a node keeps the addresses of others over its own end, so that one that lost everybody, or
 * starts again when its first peers are gone, finds back. Called on the peer's loop, so neither
 * method may wait for a disk.
 */
public interface SavedPeers {
  /** Keeps nothing. */
  SavedPeers NONE =
      new SavedPeers() {
        @Override
        public List<Multiaddr> load() {
          return List.of();
        }

        @Override
        public void save(List<Multiaddr> addresses) {}
      };

  /** What was saved last; untrusted, as files can be edited. */
  List<Multiaddr> load();

  /**
   * @param addresses never empty, each ending in {@code /p2p/<peer id>}, those heard of most
   *     recently first
   */
  void save(List<Multiaddr> addresses);
}
