package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a contribution has in common with each other one, where some have agreed on theirs. */
class CompanyTest {
  private static final int MEMBERS = 10;
  private static final int VALUES = 4096;

  @Test
  void whoeverHasOnlyAccomplicesHasNoCompany() {
    for (int seed = 0; seed < 20; seed++) {
      float[][] vectors = vectors(seed, 3);
      double[] sums = withTheSum(vectors);
      assertThat(sums[9]).as("the sum of all others does not tell").isGreaterThan(0.5 * sums[1]);
      Company company = new Company(pairs(vectors), equal(), 0, VALUES);
      for (int member = 1; member < MEMBERS; member++) {
        assertThat(company.ratio(member).orElseThrow())
            .as("seed %d, member %d", seed, member)
            .isCloseTo(member < 7 ? 1 : 0, within(member < 7 ? 0.3 : 0.2));
      }
    }
  }

  @Test
  void accomplicesAccuseNobody() {
    Company company = new Company(pairs(vectors(1, 3)), equal(), 9, VALUES);
    assertThat(company.ratio(1)).isEmpty();
    assertThat(new Company(pairs(vectors(1, 3)), equal(), -1, VALUES).ratio(9)).isEmpty();
  }

  @Test
  void whereContributionsHaveHardlyMoreInCommonThanByChanceItSaysNothing() {
    double[][] pairs = pairs(vectors(1, 3));
    assertThat(new Company(pairs, equal(), 0, 100_000).ratio(9)).isPresent();
    assertThat(new Company(pairs, equal(), 0, 100).ratio(9)).isEmpty();
    for (double[] each : pairs) {
      for (int member = 0; member < MEMBERS; member++) {
        each[member] /= 10;
      }
    }
    assertThat(new Company(pairs, equal(), 0, 100_000).ratio(9)).as("mostly noise").isEmpty();
  }

  @Test
  void fewContributionsAndLightOnesSayNothing() {
    double[][] pairs = pairs(vectors(1, 3));
    double[] weights = equal();
    weights[9] = 0.5;
    assertThat(new Company(pairs, weights, 0, VALUES).ratio(9)).isEmpty();
    double[][] three = new double[3][];
    Arrays.setAll(three, member -> Arrays.copyOf(pairs[member], 3));
    assertThat(new Company(three, Arrays.copyOf(equal(), 3), 0, VALUES).ratio(2)).isEmpty();
  }

  /** Each condition by itself, on either side of its limit; all have as much in common. */
  @Test
  void saysNothingBeyondItsLimits() {
    assertThat(of(0.351, 0, VALUES)).as("the least in common").isPresent();
    assertThat(of(0.349, 0, VALUES)).isEmpty();
    assertThat(of(0.4, 0, 257)).as("places").isPresent();
    assertThat(of(0.4, 0, 255)).isEmpty();
    assertThat(of(0.4, 0.079, VALUES)).as("alike").isPresent();
    assertThat(of(0.4, 0.081, VALUES)).isEmpty();
    double[][] pairs = alike(0.4, 0);
    double[] weights = equal();
    weights[9] = 1.01;
    assertThat(new Company(pairs, weights, 0, VALUES).ratio(9)).as("weight").isPresent();
    weights[9] = 0.99;
    assertThat(new Company(pairs, weights, 0, VALUES).ratio(9)).isEmpty();
    Arrays.fill(pairs[0], 0.201);
    assertThat(new Company(pairs, equal(), 0, VALUES).ratio(9)).as("this peer").isPresent();
    Arrays.fill(pairs[0], 0.199);
    assertThat(new Company(pairs, equal(), 0, VALUES).ratio(9)).isEmpty();
  }

  @Test
  void fewSamplesAreMadeUpForAndManyAreNot() {
    double[][] pairs = alike(0.4, 0);
    double[] weights = equal();
    weights[9] = 2;
    assertThat(new Company(pairs, weights, 0, VALUES).ratio(9)).hasValue(2);
    weights[9] = 800;
    assertThat(new Company(pairs, weights, 0, VALUES).ratio(9)).hasValue(1);
  }

  private static OptionalDouble of(double cosine, double apart, int places) {
    return new Company(alike(cosine, apart), equal(), 0, places).ratio(9);
  }

  /**
   * @param apart from the median, all but the first, every other one by less and the rest by more
   */
  private static double[][] alike(double cosine, double apart) {
    double[][] pairs = new double[MEMBERS][MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      double away = member == 0 ? 0 : member % 2 == 0 ? -apart : apart;
      Arrays.fill(pairs[member], cosine + away);
      pairs[member][member] = Double.NaN;
    }
    return pairs;
  }

  /** Two honest ones have 0.45 in common; the last {@code liars} have all of their noise. */
  private static float[][] vectors(int seed, int liars) {
    Random random = new Random(seed);
    float[][] vectors = new float[MEMBERS][VALUES];
    for (int i = 0; i < VALUES; i++) {
      double common = random.nextGaussian();
      float agreed = (float) (1.5 * random.nextGaussian());
      for (int member = 0; member < MEMBERS; member++) {
        boolean liar = member >= MEMBERS - liars;
        vectors[member][i] = liar ? agreed : (float) (common + 1.1 * random.nextGaussian());
      }
    }
    return vectors;
  }

  private static double[] withTheSum(float[][] vectors) {
    double[] cosines = new double[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      float[] others = new float[VALUES];
      for (int other = 0; other < MEMBERS; other++) {
        double length = Math.sqrt(dot(vectors[other], vectors[other]));
        for (int i = 0; i < VALUES && other != member; i++) {
          others[i] += (float) (vectors[other][i] / length);
        }
      }
      cosines[member] = cosine(vectors[member], others);
    }
    return cosines;
  }

  private static double[][] pairs(float[][] vectors) {
    double[][] pairs = new double[MEMBERS][MEMBERS];
    for (int one = 0; one < MEMBERS; one++) {
      for (int other = 0; other < MEMBERS; other++) {
        pairs[one][other] = one == other ? Double.NaN : cosine(vectors[one], vectors[other]);
      }
    }
    return pairs;
  }

  private static double cosine(float[] one, float[] other) {
    return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
  }

  private static double dot(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  private static double[] equal() {
    double[] weights = new double[MEMBERS];
    Arrays.fill(weights, 8);
    return weights;
  }
}
