package org.potluck.averaging;

import java.util.List;
import org.potluck.network.Bandwidth;
import org.potluck.network.PeerId;

/**
 * How one peer hangs on the network, as it declares it to the leader of a round.
 *
 * @param upload what it can send, measured; {@link Bandwidth#NONE} while it is not known
 * @param download what it can receive, likewise
 * @param reachable whether others can dial it; if not, it reduces nothing
 * @param paths to peers to whom less passes than both links would carry
 */
public record OwnLink(Bandwidth upload, Bandwidth download, boolean reachable, List<Path> paths) {
  /** More are not declared. */
  public static final int PATHS_MAX = 64;

  /**
   * A path with a limit of its own.
   *
   * @param rate measured, more than nothing
   */
  public record Path(PeerId to, Bandwidth rate) {
    public Path {
      if (rate.bytesPerSecond() <= 0) {
        throw new IllegalArgumentException("not a rate: " + rate);
      }
    }
  }

  public OwnLink {
    paths = List.copyOf(paths.subList(0, Math.min(paths.size(), PATHS_MAX)));
  }

  /** With nothing to say of single paths. */
  public OwnLink(Bandwidth upload, Bandwidth download, boolean reachable) {
    this(upload, download, reachable, List.of());
  }
}
