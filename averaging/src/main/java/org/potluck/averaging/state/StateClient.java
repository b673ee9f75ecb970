package org.potluck.averaging.state;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/** Downloads the state of a run. All methods are called on the loop. */
public final class StateClient {
  private final EventLoop loop;
  private final Rpc rpc;
  private final String run;
  private final StateLimits limits;

  /** With the usual limits; better are ones that know how large the run's state is. */
  public StateClient(Network network, Rpc rpc, String run) {
    this(network.loop(), rpc, run, StateLimits.usual());
  }

  public StateClient(EventLoop loop, Rpc rpc, String run, StateLimits limits) {
    this.loop = loop;
    this.rpc = rpc;
    this.run = run;
    this.limits = limits;
  }

  /**
   * Downloads the newest state that the donors have.
   *
   * @param donors who might have it, without this peer itself
   * @param newerThanEpoch what this peer has already; -1 takes everything
   * @param limit for all of it
   * @return fails with a {@link NetworkException}; cancelling it ends the download
   */
  public CompletableFuture<Snapshot> download(
      List<PeerId> donors, long newerThanEpoch, Duration limit) {
    return new StateDownload(
            loop, rpc, run, limits, List.copyOf(new LinkedHashSet<>(donors)), newerThanEpoch)
        .start(limit);
  }
}
