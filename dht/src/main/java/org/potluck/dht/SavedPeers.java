package org.potluck.dht;

import java.util.List;
import org.potluck.network.Multiaddr;

/**
 * Where a node keeps the addresses of others over its own end, so that one that lost everybody, or
 * starts again when its first peers are gone, finds back. {@link #load} and {@link #save} are
 * called on the peer's loop and do not wait for a disk.
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

  /** Returns once what was saved will be there next time; waits for the disk, so off the loop. */
  default void flush() {}
}
