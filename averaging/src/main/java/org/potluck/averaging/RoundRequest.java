package org.potluck.averaging;

import java.time.Instant;
import java.util.List;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;
import org.potluck.network.PeerId;

/**
 * One peer's wish to average a contribution that is there already.
 *
 * @param key run and purpose; only requests with equal key and epoch meet
 * @param epoch the epoch the contribution belongs to; rises from round to round of a key
 * @param contribution unchanged until the round has ended
 * @param upload measured or declared link of this peer
 * @param download likewise
 * @param reachable whether others can dial this peer; if not, it reduces nothing
 * @param known peers that will probably take part, from progress records; asked at once
 * @param expectedPeers how many take part, this one included; when that many have joined the round
 *     starts without further waiting, and without more than half of them it does not start
 * @param codecUp encodes contributions
 * @param codecDown encodes averages
 * @param deadline the round ends by then, one way or the other
 */
public record RoundRequest(
    String key,
    long epoch,
    Contribution contribution,
    Role role,
    Bandwidth upload,
    Bandwidth download,
    boolean reachable,
    List<PeerId> known,
    int expectedPeers,
    CodecId codecUp,
    CodecId codecDown,
    Instant deadline) {
  public RoundRequest {
    known = List.copyOf(known);
    if (expectedPeers < 1) {
      throw new IllegalArgumentException("this peer at least is expected: " + expectedPeers);
    }
  }

  /** What of it is said when enlisting. */
  RoundTerms terms() {
    return new RoundTerms(
        key,
        epoch,
        "",
        contribution.length(),
        role,
        new OwnLink(upload, download, reachable),
        codecUp,
        codecDown);
  }
}
