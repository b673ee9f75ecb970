package org.potluck.averaging.exchange;

import java.util.List;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.reduce.Aggregator;

/** The averages of a reducer that multiplies them by {@code factor} before it sends them. */
record LyingAggregation(Aggregation honest, float factor) implements Aggregation {
  @Override
  public Aggregator aggregator(List<Codec> codecs, List<Double> weights, int valuesMax) {
    Aggregator reduces = honest.aggregator(codecs, weights, valuesMax);
    return (received, self, own, from, values) -> {
      Aggregator.Mean mean = reduces.reduce(received, self, own, from, values);
      VectorMath.scale(mean.values(), 0, values, factor);
      return mean;
    };
  }
}
