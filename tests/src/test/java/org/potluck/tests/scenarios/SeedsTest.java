package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/**
 * A swarm under faults drawn from the seed, then healing: no logic may fail, and once healed all
 * who are there agree. Runs a fixed set of seeds and every seed that ever failed, kept with its
 * story in {@code failed-seeds.txt}.
 */
class SeedsTest {
  private static final int FIXED_SEEDS = 4;

  private static final String SCENARIO =
      """
      name: seeds
      time: {faults: 90s, healing: 150s}
      run: {values: 2000, target-batch: 128, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 5
        classes:
          - {name: home, samples-per-second: 8, arrive-within: 10s}
          - {name: laptop, share: 0.2, samples-per-second: 8, reachable: false}
      draw-faults: true
      """;

  /** The same with peers that compute nothing. */
  private static final String WITH_LENDERS =
      """
      name: seeds with lenders
      time: {faults: 90s, healing: 150s}
      run: {values: 2000, target-batch: 128, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 7
        classes:
          - {name: home, samples-per-second: 8, arrive-within: 10s}
          - {name: lender, role: auxiliary, share: 0.3, arrive-within: 10s}
          - {name: keeper, role: receiver, share: 0.14, arrive-within: 10s, reachable: false}
      draw-faults: true
      """;

  @TestFactory
  Stream<DynamicTest> onceHealedThoseWhoLendAndKeepUpAgreeToo() {
    return LongStream.range(0, FIXED_SEEDS)
        .mapToObj(seed -> DynamicTest.dynamicTest("seed " + seed, () -> heals(WITH_LENDERS, seed)));
  }

  @TestFactory
  Stream<DynamicTest> onceHealedEverybodyGoesOnAndAgrees() {
    return LongStream.concat(LongStream.range(0, FIXED_SEEDS), failedBefore())
        .mapToObj(seed -> DynamicTest.dynamicTest("seed " + seed, () -> heals(SCENARIO, seed)));
  }

  private static void heals(String scenario, long seed) throws IOException, ManifestException {
    StringBuilder story = new StringBuilder();
    Outcome outcome =
        Simulator.run(scenario, seed, note -> story.append(note).append(System.lineSeparator()));
    String context = "seed " + seed + ", " + outcome.faults() + "\n" + story;
    List<PeerReport> peers = outcome.report().peers();
    assertThat(outcome.report().agreed()).as(context).isTrue();
    assertThat(peers)
        .as(context)
        .allMatch(peer -> peer.epoch() > 0 && peer.epoch() >= outcome.report().epochs() - 1);
  }

  /** The numbers at the line starts of {@code failed-seeds.txt}. */
  private static LongStream failedBefore() {
    try (InputStream in = SeedsTest.class.getResourceAsStream("failed-seeds.txt")) {
      if (in == null) {
        throw new IllegalStateException("failed-seeds.txt is not there");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf(' '))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
