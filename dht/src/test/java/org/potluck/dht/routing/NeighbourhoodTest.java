package org.potluck.dht.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.dht.records.DhtId;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/** Many identities at one place of the internet do not fill a table. */
class NeighbourhoodTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final SplittableRandom random = new SplittableRandom(71);
  private final RoutingTable table = new RoutingTable(DhtId.ofPeer(peer()), 20, 5, NOW);

  @Test
  void addressesOfOneNetworkAreOneNeighbourhood() {
    assertThat(of("/ip4/203.0.113.7/tcp/1")).isEqualTo(of("/ip4/203.0.113.200/tcp/2"));
    assertThat(of("/ip4/203.0.113.7/tcp/1")).isNotEqualTo(of("/ip4/203.0.114.7/tcp/1"));
    assertThat(of("/ip6/2001:db8:1:2::1/tcp/1")).isEqualTo(of("/ip6/2001:db8:1:3::1/tcp/1"));
    assertThat(of("/ip4/127.0.0.1/tcp/1")).isEmpty();
    assertThat(of("/ip4/192.168.1.2/tcp/1")).isEmpty();
  }

  @Test
  void aThousandIdentitiesBehindOneAddressTakeAFewPlacesOfEachBucket() {
    for (int i = 0; i < 1000; i++) {
      hear(Optional.of("cb0071"));
    }
    int captured = table.size();
    assertThat(captured).isLessThanOrEqualTo(3 * 20);
    for (int i = 0; i < 1000; i++) {
      hear(Optional.of("net " + i));
    }
    assertThat(table.size() - captured).isGreaterThan(5 * captured);
  }

  @Test
  void idsThatNoIdentityYieldsTakeHalfOfABucketAtMost() {
    for (int i = 0; i < 1000; i++) {
      DhtId chosen = new DhtId(random.nextLong(), random.nextLong(), random.nextInt());
      RoutingTable.Heard _ = table.heard(Contact.of(chosen, peer()), Optional.empty(), NOW);
    }
    long chosen = table.size();
    for (int i = 0; i < 2000; i++) {
      hear(Optional.empty());
    }
    assertThat(table.size()).isGreaterThanOrEqualTo((int) (2 * chosen * 8 / 10));
  }

  private void hear(Optional<String> neighbourhood) {
    PeerId peer = peer();
    RoutingTable.Heard _ = table.heard(Contact.of(DhtId.ofPeer(peer), peer), neighbourhood, NOW);
  }

  private PeerId peer() {
    return Identity.generate(random).peerId();
  }

  private static Optional<String> of(String address) {
    return Neighbourhood.of(List.of(Multiaddr.parse(address)));
  }
}
