package org.potluck.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentTest {
  @Test
  void equalValuesAreOneObjectAndOtherValuesAreNot() {
    Recent<String> recent = new Recent<>(4);
    String first = recent.canonical(copy("one"));
    assertThat(recent.canonical(copy("one"))).isSameAs(first);
    assertThat(recent.canonical(copy("two"))).isEqualTo("two");
    assertThat(recent.canonical(copy("one"))).isSameAs(first);
  }

  @Test
  void ofManyValuesTheOlderAreForgottenAndNoneIsTakenForAnother() {
    Recent<Integer> recent = new Recent<>(3);
    for (int i = 0; i < 10_000; i++) {
      Integer value = 1000 + i % 777;
      assertThat(recent.canonical(value)).isEqualTo(value);
    }
  }

  @Test
  void thePeerIdsAndAddressesOfOnePeerAreShared() {
    PeerId id = PeerId.parse("12D3KooWMn2G95heKqE41zrjDLwSCFDArByJLB64oVZahcFKk4nf");
    assertThat(PeerId.ofBytes(id.toBytes())).isSameAs(id);
    String text = "/ip4/203.0.113.7/tcp/4001/p2p/" + id;
    assertThat(Multiaddr.parse(copy(text))).isSameAs(Multiaddr.parse(text));
  }

  private static String copy(String text) {
    return new String(text.toCharArray());
  }
}
