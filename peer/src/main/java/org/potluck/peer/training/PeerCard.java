package org.potluck.peer.training;

import java.util.List;
import org.potluck.averaging.Role;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.Traffic;
import org.potluck.peer.training.Swarm.OwnProgress;

/**
 * What others may know of a peer that holds the model.
 *
 * @param device that it computes on, for people; empty where it does not
 * @param tokensPerSample how long a sample of the run's is
 */
public record PeerCard(String name, Role role, String device, int tokensPerSample) {
  /**
   * What it says of itself, without what it thinks of others.
   *
   * @param sequence greater than that of all it has said before
   * @param addresses where it can be dialed
   */
  public PeerProgress word(
      PeerId self,
      long sequence,
      OwnProgress own,
      List<Multiaddr> addresses,
      Traffic traffic,
      boolean leaving) {
    return new PeerProgress(
        self,
        sequence,
        name,
        role,
        device,
        own.epoch(),
        own.samples(),
        own.samplesTotal(),
        own.samplesPerSecond(),
        own.samplesPerSecond() * tokensPerSample,
        own.loss(),
        own.digest(),
        own.activity().name(),
        addresses,
        traffic.bytesSent(),
        traffic.bytesReceived(),
        leaving,
        own.lastEpoch(),
        List.of());
  }
}
