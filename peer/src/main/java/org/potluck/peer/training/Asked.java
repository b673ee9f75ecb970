package org.potluck.peer.training;

import java.time.Instant;
import java.util.List;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.PeerId;

/**
 * Who was asked for a step or a state.
 *
 * @param donors those who claim to have it
 * @param own epoch of this peer then
 * @param claimed epoch that they claim to have reached
 */
public record Asked(List<PeerId> donors, long own, long claimed) {
  /**
   * Draws the consequences of {@link Swarm#judged}; called on the loop.
   *
   * <p>A step that makes a model worse is bad luck, or a lie of little use. Many of them that do
   * are held against whoever claims to have taken them.
   */
  public void judge(boolean taken, SwarmProgress progress, Trust trust, Instant now) {
    if (taken) {
      progress.trust(donors);
      return;
    }
    progress.doubt(donors);
    if (claimed > own + 1) {
      String reason = "claims to be at epoch %d with a worse model".formatted(claimed);
      donors.forEach(donor -> trust.hold(donor, Misdeed.FALSE_LEAD, reason, now));
    }
  }

  @Override
  public String toString() {
    return "what %s claim to have at epoch %d".formatted(donors, claimed);
  }
}
