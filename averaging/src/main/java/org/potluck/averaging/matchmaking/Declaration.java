package org.potluck.averaging.matchmaking;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundRequest;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * One peer's word that it wants to average: who is earliest leads.
 *
 * @param declaredMicros when, on its own clock, in microseconds since 1970
 */
record Declaration(PeerId peer, long declaredMicros, JoinMessage message)
    implements Comparable<Declaration> {
  private static final int ADDRESSES_MAX = 16;

  @Override
  public int compareTo(Declaration other) {
    int byTime = Long.compare(declaredMicros, other.declaredMicros);
    return byTime != 0 ? byTime : peer.compareTo(other.peer);
  }

  static JoinMessage message(RoundRequest request, long declaredMicros, List<Multiaddr> addresses) {
    return JoinMessage.newBuilder()
        .setKey(request.key())
        .setEpoch(request.epoch())
        .setDeclaredMicros(declaredMicros)
        .setLength(request.contribution().length())
        .setWeight(request.role() == Role.TRAINER ? request.contribution().weight() : 0)
        .setAuxiliary(request.role() == Role.AUXILIARY)
        .setUpBytesPerSecond(request.upload().bytesPerSecond())
        .setDownBytesPerSecond(request.download().bytesPerSecond())
        .setReachable(request.reachable())
        .addAllAddresses(addresses.stream().limit(ADDRESSES_MAX).map(Multiaddr::toString).toList())
        .build();
  }

  /**
   * @throws FrameException when the numbers in it are none
   */
  static Declaration read(PeerId peer, JoinMessage message) throws FrameException {
    boolean plausible =
        message.getWeight() >= 0
            && Double.isFinite(message.getWeight())
            && message.getUpBytesPerSecond() >= 0
            && Double.isFinite(message.getUpBytesPerSecond())
            && message.getDownBytesPerSecond() >= 0
            && Double.isFinite(message.getDownBytesPerSecond())
            && message.getAddressesCount() <= ADDRESSES_MAX
            && message.getKey().length() <= RoundRequest.KEY_LENGTH_MAX;
    if (!plausible) {
      throw new FrameException("a declaration that cannot be right");
    }
    return new Declaration(peer, message.getDeclaredMicros(), message);
  }

  /** Addresses that parse and name {@code peer}. */
  static List<Multiaddr> addresses(PeerId peer, List<String> texts) {
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
}
