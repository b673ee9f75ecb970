package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.potluck.averaging.Role;
import org.potluck.network.PeerId;

/**
 * What the swarm's records add up to at one instant.
 *
 * @param epoch the most advanced epoch any living peer works on
 * @param samples gathered by those at that epoch, those since their last word estimated in
 * @param samplesReported the same without estimate
 * @param samplesPerSecond of the trainers at that epoch
 * @param peers all living peers, this one included, by peer id
 */
public record SwarmState(
    Instant at,
    long epoch,
    double samples,
    long samplesReported,
    double samplesPerSecond,
    List<PeerProgress> peers) {
  public SwarmState {
    peers = List.copyOf(peers);
  }

  /** The peers at the swarm's epoch: who will take part in its round. */
  public List<PeerId> atEpoch() {
    return peers.stream().filter(p -> p.epoch() == epoch).map(PeerProgress::peer).toList();
  }

  public int trainers() {
    return (int) peers.stream().filter(peer -> peer.role() == Role.TRAINER).count();
  }

  /** When {@code targetSamples} will have been gathered; empty while nobody gathers any. */
  public Optional<Instant> dueAt(long targetSamples) {
    double missing = targetSamples - samples;
    if (missing <= 0) {
      return Optional.of(at);
    }
    if (!(samplesPerSecond > 0)) {
      return Optional.empty();
    }
    double seconds = Math.min(missing / samplesPerSecond, 1e9);
    return Optional.of(at.plus(Duration.ofMillis((long) (seconds * 1000))));
  }
}
