package org.potluck.monitor;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The same facts for Prometheus, all named {@code potluck_*}. Peers are labelled by id, never by
 * the name they gave themselves, and at most {@link #PEERS_MAX} of them, so that strangers cannot
 * grow the number of time series.
 */
final class Meters {
  static final int PEERS_MAX = 200;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MultiGauge peersByState = MultiGauge.builder("potluck.peers").register(registry);
  private final MultiGauge rate =
      perPeer("potluck.peer.samples.per.second", "Samples trained per second");
  private final MultiGauge share =
      perPeer("potluck.peer.share", "Share of the swarm's samples, 0 to 1");
  private final MultiGauge sent = perPeer("potluck.peer.sent.bytes", "Bytes sent by a peer");
  private final MultiGauge received =
      perPeer("potluck.peer.received.bytes", "Bytes received by a peer");
  private final MultiGauge upload =
      perPeer("potluck.peer.upload.bytes.per.second", "What a peer's link was measured to send");
  private final MultiGauge download =
      perPeer(
          "potluck.peer.download.bytes.per.second", "What a peer's link was measured to receive");
  private final AtomicLong tokens = new AtomicLong();
  private final Counter averaged = rounds("averaged");
  private final Counter abandoned = rounds("abandoned");
  private final Counter exchangeSeconds = registry.counter("potluck.round.exchange.seconds");
  private final Counter matchmakingSeconds = registry.counter("potluck.round.matchmaking.seconds");
  private final Counter roundBytes = registry.counter("potluck.round.bytes");
  private final LinkedHashMap<String, RoundStatus> counted = new LinkedHashMap<>();
  private volatile double loss = Double.NaN;
  private volatile double epoch;

  Meters(Feed feed, AtomicLong droppedReports) {
    Gauge.builder("potluck.loss", () -> loss).description("Nats per token").register(registry);
    Gauge.builder("potluck.epoch", () -> epoch).description("Finished epochs").register(registry);
    Gauge.builder("potluck.tokens", tokens::get)
        .description("Tokens seen by the run")
        .register(registry);
    Gauge.builder("potluck.dashboard.readers", feed::readers).register(registry);
    Gauge.builder("potluck.dashboard.readers.dropped", feed::dropped).register(registry);
    Gauge.builder("potluck.dashboard.reports.dropped", droppedReports::get).register(registry);
  }

  void epoch(EpochStatus status) {
    if (status.epoch() < epoch) {
      return; // told again, with something newer already shown
    }
    loss = status.loss();
    epoch = status.epoch();
    tokens.set(status.tokensTotal());
  }

  /** A round told again, because more of its members have spoken, adds what is new. */
  void round(RoundStatus status) {
    RoundStatus before = counted.put(status.id(), status);
    if (counted.size() > Collector.TOLD_AGAIN_MAX) {
      counted.pollFirstEntry();
    }
    if (before == null) {
      (status.outcome() == RoundStatus.Outcome.AVERAGED ? averaged : abandoned).increment();
    }
    add(matchmakingSeconds, before, status, RoundStatus::matchmakingSeconds);
    add(exchangeSeconds, before, status, RoundStatus::exchangeSeconds);
    add(roundBytes, before, status, RoundStatus::bytes);
  }

  private static void add(
      Counter counter,
      @Nullable RoundStatus before,
      RoundStatus now,
      ToDoubleFunction<RoundStatus> value) {
    double known = before == null ? 0 : value.applyAsDouble(before);
    counter.increment(Math.max(0, value.applyAsDouble(now) - known));
  }

  void peers(List<PeerStatus> peers) {
    List<MultiGauge.Row<?>> states = new ArrayList<>();
    for (PeerStatus.Activity activity : PeerStatus.Activity.values()) {
      long number = peers.stream().filter(peer -> peer.state().activity() == activity).count();
      states.add(
          MultiGauge.Row.of(
              Tags.of("state", activity.name().toLowerCase(java.util.Locale.ROOT)), number));
    }
    peersByState.register(states, true);
    rows(rate, peers, peer -> peer.work().samplesPerSecond());
    rows(share, peers, peer -> peer.work().share());
    rows(sent, peers, peer -> (double) peer.link().bytesSent());
    rows(received, peers, peer -> (double) peer.link().bytesReceived());
    rows(upload, peers, peer -> peer.link().uploadBytesPerSecond());
    rows(download, peers, peer -> peer.link().downloadBytesPerSecond());
  }

  String scrape() {
    return registry.scrape();
  }

  private static void rows(
      MultiGauge gauge, List<PeerStatus> peers, ToDoubleFunction<PeerStatus> value) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    peers.stream()
        .limit(PEERS_MAX)
        .forEach(
            peer ->
                rows.add(MultiGauge.Row.of(Tags.of("peer", peer.id()), value.applyAsDouble(peer))));
    gauge.register(rows, true);
  }

  private MultiGauge perPeer(String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  private Counter rounds(String outcome) {
    return Counter.builder("potluck.rounds").tag("outcome", outcome).register(registry);
  }
}
