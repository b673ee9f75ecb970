package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.network.libp2p.NetworkBench;

/** {@code bench network}: one encrypted stream over the loopback interface, beside TCP and TLS. */
public record NetworkFigures(int rounds) implements Bench {
  private static final long BYTES = 256L << 20;

  @Override
  public String name() {
    return "network";
  }

  @Override
  public List<Part> parts() {
    return List.of(
        new Part(
            List.of("raw-tcp", "raw-tls", "tcp-tls-yamux", "tcp-noise-yamux", "quic"),
            "268 MB over one stream, beside plain TCP and TLS",
            Duration.ofSeconds(20),
            this::measure));
  }

  private List<BenchCase> measure() throws IOException, InterruptedException {
    List<BenchCase> cases = new ArrayList<>();
    for (NetworkBench.Case one : NetworkBench.run(BYTES, rounds)) {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("megabytes_per_second", one.megabytesPerSecond());
      metrics.put("ratio_to_raw_tcp", one.ratioToRawTcp());
      metrics.put("ratio_to_raw_tls", one.ratioToRawTls());
      metrics.put("megabytes_per_second_median", one.megabytesPerSecondMedian());
      metrics.put("megabytes_per_processor_second", one.megabytesPerProcessorSecond());
      metrics.values().removeIf(figure -> Double.isNaN(figure));
      cases.add(new BenchCase(one.name(), metrics));
    }
    return cases;
  }
}
