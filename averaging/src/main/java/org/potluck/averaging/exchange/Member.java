package org.potluck.averaging.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  /** A peer tells no more than these. */
  public static final int ADDRESSES_MAX = 16;

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

  /** Addresses of {@code peer} among {@code texts}: those that parse and name it. */
  public static List<Multiaddr> addresses(PeerId peer, List<String> texts) {
    List<Multiaddr> addresses = new ArrayList<>();
    for (String text : texts.subList(0, Math.min(texts.size(), ADDRESSES_MAX))) {
      parse(text)
          .filter(address -> address.peer().filter(peer::equals).isPresent())
          .ifPresent(addresses::add);
    }
    return addresses;
  }

  private static Optional<Multiaddr> parse(String text) {
    try {
      return Optional.of(Multiaddr.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  boolean contributes() {
    return weight > 0;
  }
}
