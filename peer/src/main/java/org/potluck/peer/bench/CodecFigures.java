package org.potluck.peer.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.potluck.averaging.bench.CodecBench;

/** {@code bench codec}: every codec beside a copy of the same values, on one thread. */
public record CodecFigures(int rounds) implements Bench {
  private static final List<String> CASES = List.of("float16", "int8", "int4", "sparse");

  @Override
  public String name() {
    return "codec";
  }

  @Override
  public List<Part> parts() {
    return List.of(
        new Part(
            CASES,
            "16 M values encoded and decoded, beside a copy of them",
            Duration.ofSeconds(20),
            this::measure));
  }

  private List<BenchCase> measure() {
    List<BenchCase> cases = new ArrayList<>();
    for (CodecBench.Case one : CodecBench.run(rounds)) {
      cases.add(new BenchCase(one.name(), one.metrics()));
    }
    return cases;
  }
}
