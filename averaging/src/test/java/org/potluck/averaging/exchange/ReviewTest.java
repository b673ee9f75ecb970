package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Verdict;
import org.potluck.network.Identity;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;

/** Members that make each other's averages once more. */
class ReviewTest {
  private static final int SEEDS = 10;
  private static final int MEMBERS = 6;
  private static final int ROUNDS = 10;

  @Test
  void anAverageThatIsALittleWrongIsProvedAndNobodyElseIsNamed() {
    for (float factor : new float[] {0.5f, 1.01f}) {
      for (int seed = 0; seed < SEEDS; seed++) {
        String context = "times %s, seed %d".formatted(factor, seed);
        assertThat(named(lying(seed, factor, 0))).as(context).isEmpty();
        RoundLab lab = lying(seed, factor, MEMBERS);
        PeerId liar = lab.networks.get(lab.lyingReducer).self();
        assertThat(named(lab))
            .as(context)
            .hasSizeGreaterThan(MEMBERS / 2 - 1)
            .allMatch(verdict -> verdict.peer().equals(liar))
            .allMatch(verdict -> verdict.reason().contains("not that of what it was sent"))
            .anyMatch(Verdict::banned);
      }
    }
  }

  @Test
  void honestAveragesPassWhateverTheCodecAndTheAggregation() {
    for (CodecId codec : List.of(CodecId.NONE, CodecId.FLOAT16, CodecId.INT8_BLOCKWISE)) {
      for (Aggregation kind : List.of(Aggregation.MEAN, Aggregation.CenteredClip.USUAL)) {
        RoundLab lab = new RoundLab(7).members(MEMBERS);
        lab.codec = codec;
        lab.aggregation = kind;
        rounds(lab, 5, MEMBERS);
        float[] first = average(lab, 0);
        for (int i = 0; i < MEMBERS; i++) {
          assertThat(average(lab, i)).as("%s, %s", codec, kind).isEqualTo(first);
        }
        assertThat(named(lab)).as("%s, %s", codec, kind).isEmpty();
      }
    }
  }

  @Test
  void whoeverDoesNotShowWhatItWasSentIsNamed() {
    RoundLab lab = new RoundLab(3).members(MEMBERS);
    lab.brokenIndex = 2;
    lab.brokenMember =
        network ->
            changed(
                network,
                (method, arguments) ->
                    method.equals("handle") && arguments[0].equals(Archive.PROTOCOL));
    rounds(lab, ROUNDS, MEMBERS);
    assertThat(named(lab, 2))
        .isNotEmpty()
        .allMatch(verdict -> verdict.peer().equals(lab.networks.get(2).self()))
        .allMatch(verdict -> verdict.reason().contains("does not show"));
  }

  @Test
  void whatIsNotSignedByItsSenderIsLeftOutAndCannotFrameAReducer() {
    RoundLab lab = new RoundLab(4).members(MEMBERS);
    lab.brokenIndex = 1;
    Identity another = Identity.generate(lab.random);
    lab.brokenMember =
        network ->
            (Network)
                Proxy.newProxyInstance(
                    Network.class.getClassLoader(),
                    new Class<?>[] {Network.class},
                    (proxy, method, arguments) ->
                        method.getName().equals("identity")
                            ? another
                            : method.invoke(network, arguments));
    rounds(lab, 3, MEMBERS);
    PeerId unsigned = lab.networks.get(1).self();
    for (int i : others(1)) {
      RoundOutcome.Averaged averaged = lab.averagedOf(i);
      assertThat(averaged.faults())
          .contains(new PeerFault.Implausible(unsigned, "sent what it has not signed"));
    }
    // As a reducer it signs its own part as badly, and that is its own doing.
    assertThat(named(lab, 1)).allMatch(verdict -> verdict.peer().equals(unsigned));
  }

  /**
   * A reducer may leave out whom it does not trust, but not half of all who contributed; of six it
   * averages four here, and three. Two more bring nothing, and do not count.
   */
  @Test
  void anAverageOfHalfOfTheContributionsFails() {
    for (int left : new int[] {2, 3}) {
      RoundLab lab = new RoundLab(6).members(MEMBERS + 2);
      lab.weights.set(MEMBERS, 0.0);
      lab.weights.set(MEMBERS + 1, 0.0);
      lab.begin().finish();
      PeerId judge = lab.networks.getFirst().self();
      for (int out = 1; out <= left; out++) {
        PeerId banned = lab.networks.get(out).self();
        Instant now = lab.simulation.clock().instant();
        lab.trusts.getFirst().hold(banned, Misdeed.FAILED_AUDIT, "has not worked", now);
        lab.trusts.getFirst().hold(banned, Misdeed.FAILED_AUDIT, "has not worked", now);
      }
      rounds(lab, ROUNDS, MEMBERS);
      List<Verdict> named = named(lab, 0);
      if (left < MEMBERS / 2) {
        assertThat(named).as("%d left out", left).isEmpty();
      } else {
        assertThat(named)
            .as("%d left out", left)
            .isNotEmpty()
            .allMatch(verdict -> verdict.peer().equals(judge))
            .allMatch(verdict -> verdict.reason().contains("not that of what it was sent"));
      }
    }
  }

  /**
   * Three of six are all there are where the reviewer would have left out one or more of them, too.
   */
  @Test
  void whomTheReviewerLeavesOutTooIsNotMissed() {
    RoundLab lab = new RoundLab(6).members(MEMBERS);
    lab.begin().finish();
    for (int judge = 0; judge < MEMBERS; judge++) {
      for (int out = 3; out < (judge == 0 ? 6 : 4); out++) {
        PeerId banned = lab.networks.get(out).self();
        Instant now = lab.simulation.clock().instant();
        lab.trusts.get(judge).hold(banned, Misdeed.FAILED_AUDIT, "has not worked", now);
        lab.trusts.get(judge).hold(banned, Misdeed.FAILED_AUDIT, "has not worked", now);
      }
    }
    rounds(lab, ROUNDS, MEMBERS);
    PeerId first = lab.networks.getFirst().self();
    for (int judge : List.of(1, 2, 4, 5)) {
      Instant now = lab.simulation.clock().instant();
      assertThat(lab.trusts.get(judge).verdicts(now))
          .noneMatch(verdict -> verdict.peer().equals(first));
    }
  }

  /** It could choose that when it has seen all others. */
  @Test
  void aReducerThatBringsFarTooMuchToItsOwnSpanIsNamed() {
    List<Verdict> named = new ArrayList<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(_ -> 8.0);
      lab.trusting = 2;
      lab.begin();
      lab.trusts.forEach(trust -> trust.audits(MEMBERS));
      int span = RoundLab.VALUES / MEMBERS;
      for (int v = 2 * span + 1; v < 3 * span; v++) {
        lab.vectors.get(2)[v] *= 100;
      }
      lab.finish();
      lab.simulation.runFor(Duration.ofSeconds(10));
      PeerId liar = lab.networks.get(2).self();
      assertThat(named(lab, 2))
          .as("seed %d", seed)
          .allMatch(verdict -> verdict.peer().equals(liar))
          .allMatch(verdict -> verdict.reason().contains("not that of what it was sent"));
      named.addAll(named(lab, 2));
    }
    // Each of five others reviews it with one chance in five.
    assertThat(named).hasSizeGreaterThan(SEEDS / 2);
  }

  @Test
  void membersThatBringNothingReviewAndAreReviewed() {
    RoundLab lab = new RoundLab(9).members(MEMBERS);
    lab.weights.set(1, 0.0);
    rounds(lab, 5, MEMBERS);
    assertThat(named(lab)).isEmpty();
  }

  @Test
  void whoeverKeepsAskingKeepsNobodyElseFromIt() {
    RoundLab lab = new RoundLab(5).members(MEMBERS);
    int asks = 3;
    lab.afterwards =
        member -> {
          for (int link = 0; member == asks && link < 100; link++) {
            var _ =
                lab.networks
                    .get(asks)
                    .open(lab.networks.get(0).self(), Archive.PROTOCOL, Duration.ofSeconds(2))
                    .thenAccept(stream -> stream.handler(new Silent()));
          }
        };
    rounds(lab, 4, MEMBERS);
    assertThat(named(lab, asks)).isEmpty();
  }

  /** Neither asks nor answers. */
  private static final class Silent implements StreamHandler {
    @Override
    public void received(Stream stream, ByteBuffer data) {}
  }

  private static RoundLab lying(int seed, float factor, int reviews) {
    RoundLab lab = new RoundLab(seed).members(MEMBERS);
    lab.lyingReducer = lab.random.nextInt(MEMBERS);
    lab.lie = factor;
    rounds(lab, ROUNDS, reviews);
    return lab;
  }

  /** Or a leader could have a reducer forget what its averages are made of, and be named for it. */
  @Test
  void noRoundBeginsUnderTheNameOfOneThatIsStillReviewed() {
    RoundLab lab = new RoundLab(3).members(3);
    rounds(lab, 1, 3);
    assertThatThrownBy(() -> lab.beginAgain(1)).hasMessageContaining("runs already, or has");
    rounds(lab, 1, 3);
    assertThat(named(lab)).isEmpty();
  }

  /** Rounds of what all agree on and a little noise, and time for the reviews after each. */
  private static void rounds(RoundLab lab, int count, int reviews) {
    lab.weights.replaceAll(weight -> weight > 0 ? 8.0 : 0);
    lab.begin();
    lab.trusts.forEach(trust -> trust.audits(reviews));
    lab.finish();
    for (int round = 0; round < count; round++) {
      for (int v = 0; v < RoundLab.VALUES; v++) {
        double common = lab.random.nextGaussian();
        for (float[] vector : lab.vectors) {
          vector[v] = (float) (common + lab.random.nextGaussian());
        }
      }
      lab.begin().finish();
      lab.simulation.runFor(Duration.ofSeconds(10));
    }
  }

  private static float[] average(RoundLab lab, int member) {
    return lab.averagedOf(member).average().toArray(ValueLayout.JAVA_FLOAT);
  }

  /** What all but the liar say of others. */
  private static List<Verdict> named(RoundLab lab) {
    return named(lab, lab.lyingReducer);
  }

  private static List<Verdict> named(RoundLab lab, int without) {
    List<Verdict> named = new ArrayList<>();
    IntStream.range(0, lab.size())
        .filter(i -> i != without)
        .forEach(i -> named.addAll(lab.trusts.get(i).verdicts(lab.simulation.clock().instant())));
    return named;
  }

  private static List<Integer> others(int member) {
    return IntStream.range(0, MEMBERS).filter(i -> i != member).boxed().toList();
  }

  /** The same network, but that some calls do nothing. */
  private static Network changed(Network network, BiFunction<String, Object[], Boolean> ignored) {
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(),
            new Class<?>[] {Network.class},
            (proxy, method, arguments) -> {
              if (arguments != null && ignored.apply(method.getName(), arguments)) {
                return null;
              }
              try {
                return method.invoke(network, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
