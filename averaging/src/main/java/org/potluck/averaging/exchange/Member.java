package org.potluck.averaging.exchange;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * One member of a group, as its leader wrote it into the plan.
 *
 * @param weight of its contribution; zero for auxiliaries
 * @param reachable whether others can dial it
 * @param share number of values it reduces
 * @param codec of its contribution, where it is another than that of the group
 */
public record Member(
    PeerId peer,
    double weight,
    boolean reachable,
    long share,
    List<Multiaddr> addresses,
    @Nullable CodecId codec) {
  /** One that contributes in the codec of the group. */
  public Member(
      PeerId peer, double weight, boolean reachable, long share, List<Multiaddr> addresses) {
    this(peer, weight, reachable, share, addresses, null);
  }

  public Member {
    addresses = List.copyOf(addresses);
    if (!(weight >= 0) || Double.isInfinite(weight) || share < 0) {
      throw new IllegalArgumentException("not a member: weight " + weight + ", share " + share);
    }
  }

  boolean contributes() {
    return weight > 0;
  }
}
