package org.potluck.averaging;

import java.time.Instant;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.network.Bandwidth;

/**
 * One peer's wish to average a contribution that is there already.
 *
 * @param key run and purpose; only requests with equal key and epoch meet
 * @param epoch the epoch the contribution belongs to; rises from round to round of a key
 * @param contribution unchanged until the round has ended
 * @param upload measured or declared link of this peer
 * @param download likewise
 * @param reachable whether others can dial this peer; if not, it reduces nothing
 * @param attendance who is expected; when all of them have joined the round starts without further
 *     waiting
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
    Attendance attendance,
    CodecId codecUp,
    CodecId codecDown,
    Instant deadline) {
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
