package org.potluck.peer.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was measured in one case.
 *
 * @param name fixed for ever, as are the metrics' names
 * @param metrics finite figures, in the order in which people see them
 */
public record BenchCase(@JsonProperty("case") String name, Map<String, Double> metrics) {
  public BenchCase {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    metrics.forEach(
        (metric, value) -> {
          if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + ": " + metric + " is " + value);
          }
        });
  }
}
