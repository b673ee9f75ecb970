package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.exchange.Evidence.Proof;
import org.potluck.averaging.reduce.Aggregator;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.reduce.Reduction;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.wire.FrameKind;

/**
 * Makes one chunk's average of everybody's contributions to it, in the workshop.
 *
 * <p>In an ordinary round each contribution is looked at first, and what is none is left out. In a
 * carried round, whose members bring means of an earlier stage of a grid, nobody is judged and
 * nothing may be missing. In a signed round this member's own contribution passes through its codec
 * like everybody's, so that the average can be made again of what was signed.
 */
final class ChunkReduction {
  private static final int NOBODY = -1;

  private final Round round;
  private final Averages averages;
  private final @Nullable Screen screen;

  /** The one of these two that this round needs. */
  private final @Nullable Aggregator aggregator;

  private final @Nullable Reduction carried;

  /**
   * @param screen null in a carried round
   */
  ChunkReduction(Round round, Averages averages, @Nullable Screen screen) {
    this.round = round;
    this.averages = averages;
    this.screen = screen;
    List<Double> weights = round.group.members().stream().map(Member::weight).toList();
    int values = round.chunks.valuesMax();
    this.aggregator =
        screen == null
            ? null
            : round.options.aggregation().aggregator(round.codecsUp, weights, values);
    this.carried = screen == null ? new Reduction(round.codecsUp, weights, values) : null;
  }

  /**
   * What came of one chunk; without weight, or a body that decodes, there is no average.
   *
   * @param refused whose contribution is left out, and why
   * @param finding null where nobody is judged
   * @param proof of what the average was made; null where nothing was signed
   */
  record Reduced(
      int chunk,
      long version,
      double weight,
      Map<Integer, String> refused,
      Screen.@Nullable Finding finding,
      @Nullable Proof proof,
      @Nullable ByteBuffer body) {}

  /**
   * Averages one chunk.
   *
   * @param slots what has come, encoded, by member; null where nothing has
   * @param weights what each of them counts, in a carried round; otherwise not read
   * @param signatures of what has come, by member, in a signed round; otherwise not read
   */
  Reduced reduce(
      int chunk,
      long version,
      @Nullable ByteBuffer[] slots,
      double[] weights,
      @Nullable ByteBuffer[] signatures) {
    Map<Integer, String> refused = new TreeMap<>();
    Proof brought = round.signed() ? proven(chunk, slots, signatures, refused) : null;
    @Nullable ByteBuffer[] payloads = brought == null ? slots : brought.payloads();
    Screen.Finding finding = screen == null ? null : look(screen, chunk, payloads);
    Aggregator.Mean mean =
        finding == null
            ? carriedMean(chunk, payloads, weights, refused)
            : mean(chunk, payloads, finding);
    if (finding != null) {
      refused.putAll(finding.refused());
    }
    ByteBuffer body = null;
    if (mean.weight() > 0) {
      int values = round.chunks.values(chunk);
      body =
          ChunkFrames.average(chunk, version, mean.weight(), round.codecDown, mean.values(), values)
              .orElse(null);
      if (body != null && !averages.decode(ChunkFrames.parse(FrameKind.AVERAGE, body))) {
        body = null;
      }
    }
    Proof proof =
        brought == null || finding == null
            ? null
            : new Proof(finding.taken(payloads), brought.signatures());
    return new Reduced(chunk, version, mean.weight(), refused, finding, proof, body);
  }

  /** What has been signed, and this member's own as another would have been sent it. */
  private Proof proven(
      int chunk,
      @Nullable ByteBuffer[] slots,
      @Nullable ByteBuffer[] given,
      Map<Integer, String> refused) {
    @Nullable ByteBuffer[] payloads = slots.clone();
    @Nullable ByteBuffer[] signatures = given.clone();
    for (int member = 0; member < payloads.length; member++) {
      ByteBuffer payload = payloads[member];
      ByteBuffer signature = signatures[member];
      boolean holds =
          payload != null
              && signature != null
              && round.signatures.holds(round.peer(member), chunk, payload, signature);
      if (payload != null && !holds) {
        payloads[member] = null;
        refused.put(member, "sent what it has not signed");
      }
    }
    if (round.contributes(round.self)) {
      ByteBuffer own = ownEncoded(chunk);
      payloads[round.self] = own;
      if (own == null) {
        refused.put(round.self, Screen.NO_NUMBERS);
      } else {
        signatures[round.self] = ByteBuffer.wrap(round.signatures.sign(chunk, own));
      }
    }
    return new Proof(payloads, signatures);
  }

  /** Null when not all of its values are finite. */
  private @Nullable ByteBuffer ownEncoded(int chunk) {
    int values = round.chunks.values(chunk);
    ByteBuffer encoded = ByteBuffer.allocate(round.contributionBytes(round.self, values));
    Codec codec = round.codecsUp.get(round.self);
    return codec.encode(round.own(), round.chunks.from(chunk), values, encoded)
        ? encoded.flip()
        : null;
  }

  /** This member's place, where what it brings is not among what has come. */
  private int selfApart() {
    return round.contributes(round.self) && !round.signed() ? round.self : NOBODY;
  }

  private Screen.Finding look(Screen screen, int chunk, @Nullable ByteBuffer[] slots) {
    return screen.look(
        chunk,
        new Inspector.Chunk(
            slots, selfApart(), round.own(), round.chunks.from(chunk), round.chunks.values(chunk)));
  }

  private Aggregator.Mean mean(int chunk, @Nullable ByteBuffer[] slots, Screen.Finding finding) {
    int self = selfApart();
    return Objects.requireNonNull(aggregator)
        .reduce(
            finding.taken(slots),
            finding.refuses(self) ? NOBODY : self,
            round.own(),
            round.chunks.from(chunk),
            round.chunks.values(chunk));
  }

  /**
   * Other groups of the stage take the mean of the same values and are to get the same bits, so
   * what this member brings passes through the codec too.
   */
  private Aggregator.Mean carriedMean(
      int chunk, @Nullable ByteBuffer[] slots, double[] weights, Map<Integer, String> refused) {
    int values = round.chunks.values(chunk);
    @Nullable ByteBuffer[] all = slots.clone();
    for (int member = 0; member < all.length; member++) {
      ByteBuffer payload = all[member];
      if (payload != null && !round.codecsUp.get(member).wellFormed(payload, values)) {
        all[member] = null;
        refused.put(member, Screen.NO_NUMBERS);
      }
    }
    if (round.contributes(round.self)) {
      weights[round.self] = round.ownWeight(chunk);
      all[round.self] = ownEncoded(chunk);
      if (all[round.self] == null) {
        refused.put(round.self, Screen.NO_NUMBERS);
      }
    }
    return Objects.requireNonNull(carried).reduce(all, weights, values);
  }
}
