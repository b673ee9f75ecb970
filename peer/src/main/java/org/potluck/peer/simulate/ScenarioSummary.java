package org.potluck.peer.simulate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.report.RunReport;

/** What a person wants to know after a scenario, class by class. */
final class ScenarioSummary {
  /** What no story is told for. */
  private static final List<String> USUAL = List.of("averaged", "bandwidth", "healing");

  private ScenarioSummary() {}

  static void print(
      Scenario scenario, long seed, Outcome result, double tookSeconds, PrintWriter out) {
    RunReport report = result.report();
    out.printf(
        Locale.ROOT,
        "%s: %d peers, seed %d, %.0f simulated seconds in %.1f s (%d events, timeline %016x)%n",
        scenario.name(),
        report.peers().size(),
        seed,
        report.seconds(),
        tookSeconds,
        result.events(),
        result.timelineHash());
    if (scenario.drawFaults()) {
      out.println("drawn " + result.faults());
    }
    out.printf(
        Locale.ROOT,
        "epochs %d, loss %.4f to %.4f, held out %.4f, peers at the last epoch %s%n%n",
        report.epochs(),
        report.lossFirst(),
        report.lossLast(),
        result.heldOutLoss(),
        agreement(report));
    if (result.heldOut().size() > 1) {
      out.println("held out by text: " + byText(result.heldOut()) + "\n");
    }
    out.printf(
        "%-16s %6s %10s %9s %8s %8s %12s %12s%n",
        "class", "peers", "computing", "averaging", "rounds", "failed", "sent", "received");
    Map<String, List<PeerReport>> classes = new LinkedHashMap<>();
    for (PeerReport peer : report.peers()) {
      String name = peer.name().substring(0, peer.name().lastIndexOf('-'));
      classes.computeIfAbsent(name, absent -> new ArrayList<>()).add(peer);
    }
    classes.forEach((name, peers) -> line(name, peers, out));
    line("all", report.peers(), out);
    out.println();
  }

  /**
   * What happened beside rounds that went well, as numbers; {@code --timeline} has the sentences.
   */
  static void story(Map<String, Integer> topics, PrintWriter out) {
    String told =
        topics.entrySet().stream()
            .filter(topic -> !USUAL.contains(topic.getKey()))
            .map(topic -> topic.getKey() + " " + topic.getValue())
            .collect(Collectors.joining(", "));
    if (!told.isEmpty()) {
      out.println("Story: " + told + ". Every sentence of it: --timeline FILE.");
    }
    out.println("Simulated: time, links and computing are virtual, the protocols are real.");
    out.flush();
  }

  private static void line(String name, List<PeerReport> peers, PrintWriter out) {
    double training = peers.stream().mapToDouble(PeerReport::secondsTraining).sum();
    double averaging = peers.stream().mapToDouble(PeerReport::secondsAveraging).sum();
    double all = training + averaging;
    all += peers.stream().mapToDouble(PeerReport::secondsWaiting).sum();
    out.printf(
        Locale.ROOT,
        "%-16s %6d %9.1f%% %8.1f%% %8d %8d %9.1f MB %9.1f MB%n",
        name,
        peers.size(),
        100 * training / Math.max(1e-9, all),
        100 * averaging / Math.max(1e-9, all),
        peers.stream().mapToLong(PeerReport::roundsAveraged).sum(),
        peers.stream().mapToLong(PeerReport::roundsFailed).sum(),
        peers.stream().mapToLong(PeerReport::bytesSent).sum() / 1e6,
        peers.stream().mapToLong(PeerReport::bytesReceived).sum() / 1e6);
  }

  private static String byText(List<Outcome.HeldOut> heldOut) {
    return heldOut.stream()
        .map(each -> String.format(Locale.ROOT, "%.4f (%s)", each.loss(), each.text()))
        .collect(Collectors.joining(", "));
  }

  private static String agreement(RunReport report) {
    long last = report.peers().stream().filter(peer -> peer.epoch() == report.epochs()).count();
    long digests =
        report.peers().stream()
            .filter(peer -> peer.epoch() == report.epochs())
            .map(PeerReport::parameterDigest)
            .distinct()
            .count();
    return last + (digests == 1 ? ", all with the same parameters" : ", " + digests + " versions");
  }
}
