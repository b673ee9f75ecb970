package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.potluck.network.Bandwidth;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.simulation.PeerProfile;

class PathMeterTest {
  private static final Duration WINDOW = Duration.ofMillis(100);

  @Test
  void onlyRelayedPathsAreMetered() {
    Swarm swarm =
        new Swarm(
            3,
            3,
            1_000_000,
            i ->
                PeerProfile.home()
                    .withBandwidth(
                        Bandwidth.ofMegabitsPerSecond(10), Bandwidth.ofMegabitsPerSecond(200)));
    PeerId relayed = swarm.everybody().get(1);
    Network network = relaying(swarm.networks.getFirst(), relayed);
    PathMeter meter = new PathMeter(network);
    read(meter, network);
    swarm.averageAll();
    swarm.finish();
    swarm.simulation.runFor(Duration.ofSeconds(1));
    assertThat(meter.paths()).extracting(OwnLink.Path::to).containsExactly(relayed);
    // Two paths share the link, and a quarter is added.
    assertThat(meter.paths().getFirst().rate().megabitsPerSecond()).isBetween(2.5, 12.5);
  }

  private static void read(PathMeter meter, Network network) {
    network
        .loop()
        .schedule(
            WINDOW,
            () -> {
              meter.read(WINDOW.toNanos() / 1e9);
              read(meter, network);
            });
  }

  /** The same network, on which the path to {@code peer} leads through a relay. */
  private static Network relaying(Network network, PeerId peer) {
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(),
            new Class<?>[] {Network.class},
            (proxy, method, arguments) -> {
              Object result = method.invoke(network, arguments);
              return result instanceof Optional<?> maybe
                      && maybe.orElse(null) instanceof PeerTraffic traffic
                  ? Optional.of(throughRelay(traffic, peer))
                  : result;
            });
  }

  private static PeerTraffic throughRelay(PeerTraffic traffic, PeerId peer) {
    return new PeerTraffic(
        traffic.peer(),
        traffic.traffic(),
        traffic.roundTrip(),
        traffic.peer().equals(peer),
        traffic.address());
  }
}
