package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** What of a contribution comes again, by the places of which two rounds are known. */
class LeaningsTest {
  private static final PeerId PEER = Identity.generate(new Random(1)).peerId();

  @Test
  void noiseLeansNowhereAndOnesOwnTextDoes() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      float[] own = noise(random, 5000);
      Leanings leanings = new Leanings();
      assertThat(leanings.after(PEER, List.of(piece(0, noise(random, 5000))), 2)).isEmpty();
      double noise = leanings.after(PEER, List.of(piece(0, noise(random, 5000))), 2).orElseThrow();
      assertThat(noise).as("seed %d", seed).isCloseTo(-0.028, within(0.06));
      Leanings others = new Leanings();
      var _ = others.after(PEER, List.of(piece(0, noisy(random, own))), 2);
      double leans = others.after(PEER, List.of(piece(0, noisy(random, own))), 2).orElseThrow();
      assertThat(leans).as("seed %d", seed).isCloseTo(0.47, within(0.06));
    }
  }

  @Test
  void placesAreFoundHoweverTheyAreCut() {
    Random random = new Random(1);
    float[] own = noise(random, 1000);
    Leanings leanings = new Leanings();
    var _ = leanings.after(PEER, List.of(part(own, 0, 300), part(own, 300, 700)), 2);
    double leans =
        leanings.after(PEER, List.of(part(own, 200, 500), part(own, 600, 1000)), 2).orElseThrow();
    assertThat(leans).isCloseTo(1 - 2 / Math.sqrt(400), within(1e-6));
  }

  @Test
  void whatWasReducedByOthersMeanwhileIsStillKnown() {
    Random random = new Random(1);
    float[] own = noise(random, 1000);
    Leanings leanings = new Leanings();
    var _ = leanings.after(PEER, List.of(part(own, 0, 500)), 2);
    assertThat(leanings.after(PEER, List.of(part(own, 500, 1000)), 2)).isEmpty();
    assertThat(leanings.after(PEER, List.of(part(own, 0, 450)), 2)).isPresent();
    assertThat(leanings.after(PEER, List.of(part(own, 0, 90)), 2)).as("few places").isEmpty();
    assertThat(leanings.after(PEER, List.of(part(own, 0, 500)), 3)).as("other places").isEmpty();
  }

  @Test
  void theLastRoundOfTheSamePlacesCounts() {
    Random random = new Random(1);
    float[] first = noise(random, 400);
    float[] second = noise(random, 400);
    Leanings leanings = new Leanings();
    var _ = leanings.after(PEER, List.of(piece(0, first)), 2);
    var _ = leanings.after(PEER, List.of(piece(0, second)), 2);
    assertThat(leanings.after(PEER, List.of(piece(0, second)), 2).orElseThrow())
        .isCloseTo(1 - 2 / Math.sqrt(400), within(1e-6));
    assertThat(leanings.after(PEER, List.of(piece(0, first)), 2).orElseThrow())
        .as("not the first time")
        .isLessThan(0.1);
  }

  @Test
  void eightRoundsAreKept() {
    Random random = new Random(1);
    for (int between : new int[] {7, 8}) {
      Leanings leanings = new Leanings();
      float[] own = noise(random, 400);
      var _ = leanings.after(PEER, List.of(piece(0, own)), 2);
      for (int round = 0; round < between; round++) {
        var _ = leanings.after(PEER, List.of(piece(1000, noise(random, 400))), 2);
      }
      assertThat(leanings.after(PEER, List.of(piece(0, own)), 2).isPresent())
          .as("%d rounds elsewhere", between)
          .isEqualTo(between < 8);
    }
  }

  @Test
  void ofSixtyFourPeersItIsKnown() {
    Random random = new Random(1);
    for (int others : new int[] {63, 64}) {
      Leanings leanings = new Leanings();
      float[] own = noise(random, 400);
      var _ = leanings.after(PEER, List.of(piece(0, own)), 2);
      for (int i = 0; i < others; i++) {
        PeerId other = Identity.generate(random).peerId();
        var _ = leanings.after(other, List.of(piece(0, own)), 2);
      }
      assertThat(leanings.after(PEER, List.of(piece(0, own)), 2).isPresent())
          .as("%d others", others)
          .isEqualTo(others < 64);
    }
  }

  @Test
  void fromAHundredPlacesOnACosineIsTold() {
    for (int places : new int[] {99, 100}) {
      float[] own = noise(new Random(1), places);
      Leanings leanings = new Leanings();
      var _ = leanings.after(PEER, List.of(piece(0, own)), 2);
      assertThat(leanings.after(PEER, List.of(piece(0, own)), 2).isPresent())
          .as("%d places", places)
          .isEqualTo(places >= 100);
    }
  }

  private static Leanings.Piece part(float[] values, int from, int to) {
    float[] part = new float[to - from];
    System.arraycopy(values, from, part, 0, part.length);
    return piece(from, part);
  }

  private static Leanings.Piece piece(int first, float[] values) {
    return new Leanings.Piece(first, values);
  }

  private static float[] noisy(Random random, float[] values) {
    float[] noisy = noise(random, values.length);
    for (int i = 0; i < noisy.length; i++) {
      noisy[i] += values[i];
    }
    return noisy;
  }

  private static float[] noise(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
