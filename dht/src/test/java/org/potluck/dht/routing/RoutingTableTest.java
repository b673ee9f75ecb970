package org.potluck.dht.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.dht.records.DhtId;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;

class RoutingTableTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final long SEED = 11;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final DhtId self = id();
  private final RoutingTable table = new RoutingTable(self, 20, 5, NOW);

  @Test
  void coversTheSpaceOnceWhateverIsAddedAndRemoved() {
    List<Contact> heard = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      if (random.nextInt(4) == 0 && !heard.isEmpty()) {
        table.remove(heard.get(random.nextInt(heard.size())).id());
      } else {
        Contact contact = Contact.of(near(random.nextInt(30)), peer());
        heard.add(contact);
        table.heard(contact, Optional.empty(), NOW);
      }
    }
    DhtId any = id();
    for (int i = 0; i < table.buckets().size(); i++) {
      Bucket bucket = table.buckets().get(i);
      assertThat(bucket.contacts()).hasSizeLessThanOrEqualTo(20);
      assertThat(bucket.contacts()).allMatch(contact -> bucket.covers(contact.id()));
      if (i > 0) {
        assertThat(table.buckets().get(i - 1).prefix()).isLessThan(bucket.prefix());
      }
    }
    assertThat(table.buckets().stream().filter(bucket -> bucket.covers(any))).hasSize(1);
    double covered =
        table.buckets().stream().mapToDouble(bucket -> Math.pow(2, -bucket.depth())).sum();
    assertThat(covered).isEqualTo(1);
    assertThat(table.contacts()).hasSize(table.size()).doesNotHaveDuplicates();
  }

  @Test
  void nearestAgreesWithSortingEverybody() {
    for (int i = 0; i < 1000; i++) {
      table.heard(Contact.of(near(random.nextInt(12)), peer()), Optional.empty(), NOW);
    }
    for (int i = 0; i < 200; i++) {
      DhtId target = near(random.nextInt(12));
      DhtId except = table.contacts().get(random.nextInt(table.size())).id();
      List<Contact> expected =
          table.contacts().stream()
              .filter(contact -> !contact.id().equals(except))
              .sorted(Comparator.comparing(Contact::id, target.nearestFirst()))
              .limit(20)
              .toList();
      assertThat(table.nearest(target, 20, except)).as("seed %s", SEED).isEqualTo(expected);
    }
  }

  @Test
  void knowsWhoWasSilentForHowLongOverAnyHistory() {
    Map<DhtId, Instant> heardAt = new HashMap<>();
    List<Contact> met = new ArrayList<>();
    Instant now = NOW;
    for (int i = 0; i < 5000; i++) {
      now = now.plusSeconds(1);
      boolean again = !met.isEmpty() && random.nextBoolean();
      Contact contact =
          again ? met.get(random.nextInt(met.size())) : Contact.of(near(random.nextInt(9)), peer());
      if (again && random.nextInt(4) == 0) {
        table.remove(contact.id());
        heardAt.remove(contact.id());
        continue;
      }
      met.add(contact);
      boolean stood = table.contains(contact.id());
      assertThat(table.heardAgain(contact, now)).isEqualTo(stood);
      if (!stood) {
        table.heard(contact, Optional.empty(), now);
      }
      if (table.contains(contact.id())) {
        heardAt.put(contact.id(), now);
      }
    }
    Instant before = now.minusSeconds(1000);
    List<Contact> expected =
        table.contacts().stream()
            .filter(one -> heardAt.getOrDefault(one.id(), Instant.EPOCH).isBefore(before))
            .toList();
    assertThat(expected).hasSizeBetween(1, table.size() - 1);
    assertThat(table.quiet(Integer.MAX_VALUE, before))
        .as("seed %s", SEED)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void saysForHowManyBitsThereIsAContact() {
    for (int i = 0; i < 300; i++) {
      Contact contact = Contact.of(near(random.nextInt(14)), peer());
      table.heard(contact, Optional.empty(), NOW);
      BitSet expected = new BitSet();
      for (Contact other : table.contacts()) {
        if (!other.equals(contact)) {
          expected.set(self.sharedBits(other.id()));
        }
      }
      assertThat(table.sharedBits(contact.id())).as("seed %s", SEED).isEqualTo(expected);
    }
  }

  @Test
  void aSpareTakesThePlaceOfASilentNode() {
    RoutingTable small = new RoutingTable(self, 2, 1, NOW);
    List<Contact> far = new ArrayList<>();
    while (far.size() < 3) {
      PeerId peer = peer();
      if (self.sharedBits(DhtId.ofPeer(peer)) == 0) {
        far.add(Contact.of(DhtId.ofPeer(peer), peer));
      }
    }
    small.heard(Contact.of(near(1), peer()), Optional.empty(), NOW);
    small.heard(far.get(0), Optional.empty(), NOW);
    small.heard(far.get(1), Optional.empty(), NOW);
    assertThat(small.heard(far.get(2), Optional.empty(), NOW))
        .isEqualTo(new RoutingTable.Heard.Full(far.get(0)));
    assertThat(small.contains(far.get(2).id())).isFalse();
    small.remove(far.get(0).id());
    assertThat(small.contains(far.get(2).id())).isTrue();
    assertThat(small.idOf(far.get(2).peer())).contains(far.get(2).id());
    assertThat(small.idOf(far.get(0).peer())).isEmpty();
  }

  @Test
  void onePeerStandsAtOneIdOnly() {
    PeerId peer = peer();
    for (int i = 0; i < 50; i++) {
      table.heard(Contact.of(id(), peer), Optional.empty(), NOW);
    }
    assertThat(table.contacts()).hasSize(1);
  }

  @Test
  void anIdBelongsToThePeerWhoseIdentityYieldsIt() {
    PeerId rightful = peer();
    PeerId squatter = peer();
    DhtId id = DhtId.ofPeer(rightful);
    table.heard(Contact.of(id, squatter), Optional.empty(), NOW);
    table.heard(Contact.of(id, rightful), Optional.empty(), NOW);
    table.heard(Contact.of(id, squatter), Optional.empty(), NOW);
    assertThat(table.contacts()).containsExactly(Contact.of(id, rightful));
    assertThat(table.idOf(squatter)).isEmpty();
  }

  @Test
  void namesABucketThatWasQuietForLong() {
    for (int i = 0; i < 100; i++) {
      table.heard(Contact.of(id(), peer()), Optional.empty(), NOW);
    }
    Instant later = NOW.plus(Duration.ofMinutes(6));
    assertThat(table.stale(NOW, Duration.ofMinutes(5), random)).isEmpty();
    int buckets = table.buckets().size();
    for (int i = 0; i < buckets; i++) {
      DhtId target = table.stale(later, Duration.ofMinutes(5), random).orElseThrow();
      table.searched(target, later);
    }
    assertThat(table.stale(later, Duration.ofMinutes(5), random)).isEmpty();
  }

  @Test
  void theBlacklistDoublesAndForgives() {
    Blacklist blacklist = new Blacklist();
    PeerId peer = peer();
    blacklist.failed(peer, NOW);
    assertThat(blacklist.banned(peer, NOW.plusMillis(4999))).isTrue();
    assertThat(blacklist.banned(peer, NOW.plusSeconds(5))).isFalse();
    blacklist.failed(peer, NOW);
    assertThat(blacklist.banned(peer, NOW.plusMillis(9999))).isTrue();
    assertThat(blacklist.banned(peer, NOW.plusSeconds(10))).isFalse();
    blacklist.answered(peer);
    blacklist.failed(peer, NOW);
    assertThat(blacklist.banned(peer, NOW.plusSeconds(5))).isFalse();
  }

  /** An id that shares {@code bits} bits with this node's. */
  private DhtId near(int bits) {
    return self.flip(bits).prefix(bits + 1, id());
  }

  private DhtId id() {
    return new DhtId(random.nextLong(), random.nextLong(), random.nextInt());
  }

  private PeerId peer() {
    byte[] raw = new byte[PublicKey.BYTES];
    random.nextBytes(raw);
    return PeerId.of(PublicKey.ofRaw(raw));
  }
}
