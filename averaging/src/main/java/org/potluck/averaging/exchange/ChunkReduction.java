package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
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
 * nothing may be missing.
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
   */
  record Reduced(
      int chunk,
      long version,
      double weight,
      Map<Integer, String> refused,
      Screen.@Nullable Finding finding,
      @Nullable ByteBuffer body) {}

  /**
   * Averages one chunk.
   *
   * @param slots what has come, encoded, by member; null where nothing has
   * @param weights what each of them counts, in a carried round; otherwise not read
   */
  Reduced reduce(int chunk, long version, @Nullable ByteBuffer[] slots, double[] weights) {
    Screen.Finding finding = screen == null ? null : look(screen, chunk, slots);
    Aggregator.Mean mean =
        finding == null ? carriedMean(chunk, slots, weights) : mean(chunk, slots, finding);
    Map<Integer, String> refused = new TreeMap<>();
    if (finding == null) {
      mean.implausible().stream().forEach(member -> refused.put(member, Screen.NO_NUMBERS));
    } else {
      refused.putAll(finding.refused());
    }
    ByteBuffer body = null;
    if (mean.weight() > 0) {
      int values = round.chunks.values(chunk);
      body =
          ChunkFrames.average(
              chunk, version, mean.weight(), round.codecDown, mean.values(), values);
      if (!averages.decode(ChunkFrames.parse(FrameKind.AVERAGE, body))) {
        body = null;
      }
    }
    return new Reduced(chunk, version, mean.weight(), refused, finding, body);
  }

  private Screen.Finding look(Screen screen, int chunk, @Nullable ByteBuffer[] slots) {
    int self = round.contributes(round.self) ? round.self : NOBODY;
    return screen.look(
        chunk,
        new Inspector.Chunk(
            slots, self, round.own(), round.chunks.from(chunk), round.chunks.values(chunk)));
  }

  private Aggregator.Mean mean(int chunk, @Nullable ByteBuffer[] slots, Screen.Finding finding) {
    boolean withOwn = round.contributes(round.self) && !finding.refuses(round.self);
    return Objects.requireNonNull(aggregator)
        .reduce(
            finding.taken(slots),
            withOwn ? round.self : NOBODY,
            round.own(),
            round.chunks.from(chunk),
            round.chunks.values(chunk));
  }

  /**
   * Other groups of the stage take the mean of the same values and are to get the same bits, so
   * what this member brings passes through the codec too.
   */
  private Aggregator.Mean carriedMean(int chunk, @Nullable ByteBuffer[] slots, double[] weights) {
    int values = round.chunks.values(chunk);
    @Nullable ByteBuffer[] all = slots.clone();
    if (round.contributes(round.self)) {
      weights[round.self] = round.ownWeight(chunk);
      ByteBuffer encoded = ByteBuffer.allocate(round.contributionBytes(round.self, values));
      round.codecsUp.get(round.self).encode(round.own(), round.chunks.from(chunk), values, encoded);
      all[round.self] = encoded.flip();
    }
    return Objects.requireNonNull(carried).reduce(all, weights, values);
  }
}
