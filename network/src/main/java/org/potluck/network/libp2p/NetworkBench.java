package org.potluck.network.libp2p;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.network.libp2p.security.TlsSecurity;

/**
 * How fast one stream is on this machine, beside plain TCP and plain TLS in the same run.
 *
 * <p>Both ends share the machine, so each measures two ends' work. The rounds of all paths take
 * turns, so that other programs disturb them alike. What a byte costs in processor time hardly
 * depends on other programs, unlike what the clock on the wall says.
 */
public final class NetworkBench {
  /** What is written at a time. */
  static final int CHUNK = 512 * 1024;

  /**
   * One path, over all rounds.
   *
   * @param name {@code raw-tcp} (blocking sockets), {@code raw-tls} (Netty's BoringSSL without
   *     libp2p), {@code tcp-tls-yamux} or {@code tcp-noise-yamux}
   * @param megabytesPerSecond 10^6 bytes of payload a second, in the best round
   * @param megabytesPerSecondMedian the same in the round in the middle
   * @param megabytesPerProcessorSecond payload per second of processor time of both ends together,
   *     in the round in the middle; NaN where the system does not tell
   * @param ratioToRawTcp best round beside best round
   * @param ratioToRawTls likewise; NaN where there is no BoringSSL
   */
  public record Case(
      String name,
      double megabytesPerSecond,
      double megabytesPerSecondMedian,
      double megabytesPerProcessorSecond,
      double ratioToRawTcp,
      double ratioToRawTls) {}

  private NetworkBench() {}

  /**
   * Runs all cases on the loopback interface.
   *
   * @param bytes payload of one round, for instance 256 MiB
   * @param rounds at least one; the first few are slower while the compiler warms up
   */
  public static List<Case> run(long bytes, int rounds) throws IOException, InterruptedException {
    Map<String, BenchPath> paths = new LinkedHashMap<>();
    Map<String, List<Round>> measured = new LinkedHashMap<>();
    try {
      open(paths);
      for (int i = 0; i < rounds; i++) {
        for (Map.Entry<String, BenchPath> path : paths.entrySet()) {
          measured
              .computeIfAbsent(path.getKey(), _ -> new ArrayList<>())
              .add(measure(path.getValue(), bytes));
        }
      }
    } finally {
      for (BenchPath path : paths.values()) {
        path.close();
      }
    }
    double tcp = best(measured.getOrDefault("raw-tcp", List.of()));
    double tls = best(measured.getOrDefault("raw-tls", List.of()));
    return measured.entrySet().stream()
        .map(path -> summary(path.getKey(), path.getValue(), tcp, tls))
        .toList();
  }

  /** Prints the cases as lines of names and figures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    for (Case one : run(256L << 20, 9)) {
      System.out.println(one);
    }
  }

  private record Round(double perSecond, double perProcessorSecond) {}

  private static void open(Map<String, BenchPath> paths) throws IOException, InterruptedException {
    paths.put("raw-tcp", new RawTcpPath());
    if (TlsSecurity.available()) {
      paths.put("raw-tls", RawTlsPath.open());
      paths.put("tcp-tls-yamux", StreamPath.open(Libp2pOptions.TLS));
    }
    paths.put("tcp-noise-yamux", StreamPath.open(Libp2pOptions.NOISE));
  }

  private static Round measure(BenchPath path, long bytes)
      throws IOException, InterruptedException {
    Duration processorBefore = processorTime();
    long start = System.nanoTime();
    path.move(bytes);
    double seconds = (System.nanoTime() - start) / 1e9;
    double processorSeconds = processorTime().minus(processorBefore).toNanos() / 1e9;
    double megabytes = bytes / 1e6;
    return new Round(
        megabytes / seconds, processorSeconds > 0 ? megabytes / processorSeconds : Double.NaN);
  }

  private static Duration processorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static Case summary(String name, List<Round> rounds, double tcp, double tls) {
    double best = best(rounds);
    return new Case(
        name,
        best,
        median(rounds.stream().map(Round::perSecond).toList()),
        median(rounds.stream().map(Round::perProcessorSecond).toList()),
        best / tcp,
        tls > 0 ? best / tls : Double.NaN);
  }

  private static double best(List<Round> rounds) {
    return rounds.stream().mapToDouble(Round::perSecond).max().orElse(0);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
