package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.potluck.averaging.Seating;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.PeerId;
import org.potluck.network.Sha256;

/**
 * The agreed members of a round and who of them reduces what: everything that all must know alike.
 *
 * <p>The vector is cut into spans, one per member, in group order, of the lengths the members carry
 * as shares; each span is cut into chunks of {@code chunkValues}.
 *
 * @param round random, in hexadecimal; names the round everywhere
 * @param length values of the vector
 * @param chunkValues values of a chunk; the last one of a span may be shorter
 * @param codecUp of contributions, but for those members that have their own
 * @param codecDown of averages
 * @param expected how long the plan thinks the exchange takes its slowest member; zero where that
 *     is not known
 * @param carried whether what the members bring are means of an earlier stage of a grid: each chunk
 *     then has a weight of its own, of which a member's {@code weight} is only the largest that is
 *     possible, and no chunk is averaged without everybody's
 */
public record Group(
    String round,
    String key,
    long epoch,
    long length,
    int chunkValues,
    List<Member> members,
    CodecId codecUp,
    CodecId codecDown,
    Duration expected,
    boolean carried) {
  /** Bytes of a round's name. */
  public static final int ROUND_BYTES = 16;

  public static final int MEMBERS_MAX = 1024;
  static final int CHUNKS_MAX = 1 << 20;

  /** Sums of weights in another order may differ, by much less than this factor. */
  static final double WEIGHT_ROUNDING = 1 + 1e-9;

  /** A group of which nobody knows how long it takes. */
  public Group(
      String round,
      String key,
      long epoch,
      long length,
      int chunkValues,
      List<Member> members,
      CodecId codecUp,
      CodecId codecDown) {
    this(round, key, epoch, length, chunkValues, members, codecUp, codecDown, Duration.ZERO, false);
  }

  /** The first frame of a link on which something is asked about {@code round}. */
  static ByteBuffer hello(String round) {
    return Frames.of(
        FrameKind.HELLO, HelloMessage.newBuilder().setRoundId(ByteString.fromHex(round)).build());
  }

  /** The first frame of a link between two members: which round this is, and what it is. */
  ByteBuffer hello() {
    return Frames.of(
        FrameKind.HELLO,
        HelloMessage.newBuilder().setRoundId(ByteString.fromHex(round)).setPlan(digest()).build());
  }

  /**
   * SHA-256 of all that members must know alike, so that they can see whether they were told the
   * same. Times count in whole microseconds, as they travel.
   */
  ByteString digest() {
    MessageDigest digest = Sha256.begin();
    StringBuilder text = new StringBuilder();
    text.append(round).append('\n').append(key.length()).append(' ').append(key).append('\n');
    text.append(epoch).append(' ').append(length).append(' ').append(chunkValues).append(' ');
    text.append(codecUp.wireNumber()).append(' ').append(codecDown.wireNumber()).append(' ');
    text.append(expected.toNanos() / 1000).append(' ').append(carried).append('\n');
    for (Member member : members) {
      text.append(member.peer()).append(' ');
      text.append(Double.doubleToLongBits(member.weight())).append(' ');
      text.append(member.reachable()).append(' ').append(member.share()).append(' ');
      text.append(member.codec() == null ? -1 : member.codec().wireNumber());
      member.addresses().forEach(address -> text.append(' ').append(address));
      text.append('\n');
    }
    digest.update(text.toString().getBytes(StandardCharsets.UTF_8));
    return ByteString.copyFrom(digest.digest());
  }

  /**
   * The name of the round that a link is for, in hexadecimal.
   *
   * @throws FrameException when it is as long as none
   */
  static String roundOf(HelloMessage hello) throws FrameException {
    ByteString name = hello.getRoundId();
    if (name.size() != ROUND_BYTES) {
      throw new FrameException("a round's name of " + name.size() + " bytes");
    }
    return HexFormat.of().formatHex(name.toByteArray());
  }

  public Group {
    members = List.copyOf(members);
    if (members.isEmpty() || members.size() > MEMBERS_MAX) {
      throw new IllegalArgumentException(members.size() + " members");
    }
    if (chunkValues < 1 || length < 1 || length / chunkValues + members.size() > CHUNKS_MAX) {
      throw new IllegalArgumentException(length + " values in chunks of " + chunkValues);
    }
    if (expected.isNegative()) {
      throw new IllegalArgumentException("expected to take " + expected);
    }
    long covered = 0;
    double weight = 0;
    Set<PeerId> seen = new HashSet<>();
    for (Member member : members) {
      covered = Math.addExact(covered, member.share());
      weight += member.weight();
      if (!seen.add(member.peer())) {
        throw new IllegalArgumentException("a member twice: " + member.peer());
      }
    }
    if (Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weights without a sum");
    }
    if (covered != length) {
      throw new IllegalArgumentException("spans of " + covered + " values for " + length);
    }
  }

  /** What the contribution of the member at {@code index} is encoded with. */
  public CodecId codecUp(int index) {
    return Objects.requireNonNullElse(members.get(index).codec(), codecUp);
  }

  /** Place of {@code peer} in the group order, or -1. */
  public int indexOf(PeerId peer) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).peer().equals(peer)) {
        return i;
      }
    }
    return -1;
  }

  /** Who is in it, as people may be told. */
  Seating seating() {
    return new Seating(
        round,
        members.stream()
            .map(
                member ->
                    new Seating.Seat(
                        member.peer(), member.weight(), (double) member.share() / length))
            .toList());
  }

  /** What an average may be over at most: all weights, with room for the rounding of their sum. */
  double weightMax() {
    double weight = 0;
    for (Member member : members) {
      weight += member.weight();
    }
    return weight * WEIGHT_ROUNDING;
  }

  List<PeerId> peers() {
    return members.stream().map(Member::peer).toList();
  }
}
