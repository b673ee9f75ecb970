package org.potluck.averaging.matchmaking;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.potluck.averaging.OwnLink;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.PathMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Bandwidth;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * One peer's word that it wants to average: the first in order leads.
 *
 * <p>Those that can be dialed come before those that cannot, whenever they declared: a leader that
 * nobody can dial has followers only among those that it has dialed itself. Among equals the
 * earlier comes first, then the smaller peer id.
 *
 * @param declaredMicros when, on its own clock, in microseconds since 1970
 */
record Declaration(PeerId peer, long declaredMicros, JoinMessage message)
    implements Comparable<Declaration> {
  /** More samples or tokens than anybody has; the sum over a swarm stays a number. */
  private static final double WEIGHT_MAX = 1e18;

  @Override
  public int compareTo(Declaration other) {
    if (reachable() != other.reachable()) {
      return reachable() ? -1 : 1;
    }
    int byTime = Long.compare(declaredMicros, other.declaredMicros);
    return byTime != 0 ? byTime : peer.compareTo(other.peer);
  }

  /** A peer's own, made now; not ready yet. */
  static Declaration of(PeerId self, RoundTerms terms, Instant now, List<Multiaddr> addresses) {
    long micros = Math.addExact(now.getEpochSecond() * 1_000_000, now.getNano() / 1000);
    JoinMessage message =
        JoinMessage.newBuilder()
            .setKey(terms.key())
            .setEpoch(terms.epoch())
            .setModel(terms.model())
            .setDeclaredMicros(micros)
            .setLength(terms.length())
            .setAuxiliary(terms.role() == Role.AUXILIARY)
            .setUpBytesPerSecond(terms.link().upload().bytesPerSecond())
            .setDownBytesPerSecond(terms.link().download().bytesPerSecond())
            .setReachable(terms.link().reachable())
            .addAllPaths(terms.link().paths().stream().map(Declaration::message).toList())
            .addAllAddresses(
                addresses.stream().limit(Member.ADDRESSES_MAX).map(Multiaddr::toString).toList())
            .build();
    return new Declaration(self, micros, message);
  }

  /** Where its peer says that less passes than its link carries. */
  List<OwnLink.Path> paths() {
    List<OwnLink.Path> paths = new ArrayList<>();
    for (PathMessage path : message.getPathsList()) {
      peer(path)
          .ifPresent(
              to -> paths.add(new OwnLink.Path(to, new Bandwidth(path.getBytesPerSecond()))));
    }
    return paths;
  }

  /** Whether its peer says that others can dial it. */
  boolean reachable() {
    return message.getReachable();
  }

  boolean ready() {
    return message.getReady();
  }

  /** Whether its peer brings something of its own. */
  boolean trains() {
    return !message.getAuxiliary();
  }

  /** How long its peer thinks it still needs; zero when it does not say. */
  Duration readyIn() {
    return Duration.ofNanos(message.getReadyInMicros() * 1000);
  }

  /** The same declaration once the contribution is there. */
  Declaration ready(double weight) {
    double counts = message.getAuxiliary() ? 0 : weight;
    return with(message.toBuilder().setReady(true).setReadyInMicros(0).setWeight(counts));
  }

  /** The same declaration with an estimate of when the contribution will be there. */
  Declaration readyIn(Duration estimate) {
    return with(message.toBuilder().setReadyInMicros(Math.max(1, estimate.toNanos() / 1000)));
  }

  private Declaration with(JoinMessage.Builder changed) {
    return new Declaration(peer, declaredMicros, changed.build());
  }

  /**
   * @throws FrameException when the numbers in it are none
   */
  static Declaration read(PeerId peer, JoinMessage message) throws FrameException {
    boolean plausible =
        plausible(message.getWeight())
            && message.getWeight() <= WEIGHT_MAX
            && plausible(message.getUpBytesPerSecond())
            && plausible(message.getDownBytesPerSecond())
            && message.getReadyInMicros() >= 0
            && message.getReadyInMicros() <= Duration.ofDays(1).toNanos() / 1000
            && message.getAddressesCount() <= Member.ADDRESSES_MAX
            && message.getPathsCount() <= OwnLink.PATHS_MAX
            && message.getPathsList().stream().allMatch(Declaration::plausible)
            && message.getModel().length() <= RoundTerms.MODEL_LENGTH_MAX
            && message.getKey().length() <= RoundTerms.KEY_LENGTH_MAX;
    if (!plausible) {
      throw new FrameException("a declaration that cannot be right");
    }
    return new Declaration(peer, message.getDeclaredMicros(), message);
  }

  private static boolean plausible(PathMessage path) {
    return path.getBytesPerSecond() > 0
        && plausible(path.getBytesPerSecond())
        && peer(path).isPresent();
  }

  private static Optional<PeerId> peer(PathMessage path) {
    try {
      return Optional.of(PeerId.ofBytes(path.getPeer().toByteArray()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static PathMessage message(OwnLink.Path path) {
    return PathMessage.newBuilder()
        .setPeer(ByteString.copyFrom(path.to().toBytes()))
        .setBytesPerSecond(path.rate().bytesPerSecond())
        .build();
  }

  private static boolean plausible(double value) {
    return value >= 0 && Double.isFinite(value);
  }

  List<Multiaddr> addresses() {
    return Member.addresses(peer, message.getAddressesList());
  }
}
