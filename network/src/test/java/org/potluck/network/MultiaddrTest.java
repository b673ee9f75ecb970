package org.potluck.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultiaddrTest {
  private static final String PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ip4/203.0.113.7/tcp/4001",
        "/ip4/203.0.113.7/tcp/4001/p2p/" + PEER,
        "/ip4/203.0.113.7/udp/4001/quic-v1",
        "/ip6/2001:db8::1/tcp/0",
        "/ip6/::/tcp/65535",
        "/ip6/::ffff:102:304/tcp/1",
        "/ip6zone/eth0/ip6/fe80::1/tcp/4001",
        "/dns/peer.example.org/tcp/443",
        "/dns4/peer.example.org/tcp/443",
        "/dns6/peer.example.org/tcp/443",
        "/dnsaddr/bootstrap.example.org/p2p/" + PEER,
        "/ip4/1.2.3.4/tcp/1/p2p/" + PEER + "/p2p-circuit",
        "/ip4/1.2.3.4/tcp/1/p2p/" + PEER + "/p2p-circuit/p2p/" + PEER,
        "/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
      })
  void returnsFromBothFormsUnchanged(String text) {
    Multiaddr address = Multiaddr.parse(text);
    assertThat(address).hasToString(text);
    assertThat(Multiaddr.ofBytes(address.toBytes())).isEqualTo(address).hasToString(text);
  }

  @Test
  void hasTheBytesOfTheMulticodecTable() {
    assertThat(HexFormat.of().formatHex(Multiaddr.parse("/ip4/127.0.0.1/tcp/1234").toBytes()))
        .isEqualTo("047f0000010604d2");
    assertThat(HexFormat.of().formatHex(Multiaddr.parse("/ip4/1.2.3.4/udp/80/quic-v1").toBytes()))
        .isEqualTo("040102030491020050cd03");
    assertThat(HexFormat.of().formatHex(Multiaddr.parse("/dns/ab/tcp/1").toBytes()))
        .isEqualTo("35026162060001");
  }

  @Test
  void bringsTextIntoItsCanonicalForm() {
    assertThat(Multiaddr.parse("/ip6/2001:DB8:0:0:1:0:0:1/tcp/080"))
        .isEqualTo(Multiaddr.parse("/ip6/2001:db8::1:0:0:1/tcp/80"))
        .hasToString("/ip6/2001:db8::1:0:0:1/tcp/80");
    assertThat(Multiaddr.parse("/ip4/1.2.3.4/tcp/1/ipfs/" + PEER))
        .isEqualTo(Multiaddr.parse("/ip4/1.2.3.4/tcp/1").withPeer(PeerId.parse(PEER)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1.2.3.4:4001 | must start with '/'",
        "/ip4/1.2.3.400/tcp/1 | '1.2.3.400' is not an IPv4 address",
        "/ip4/1.2.3/tcp/1 | '1.2.3' is not an IPv4 address",
        "/ip6/fe80::1%eth0/tcp/1 | 'fe80::1%eth0' is not an IPv6 address",
        "/ip6/1.2.3.4/tcp/1 | '1.2.3.4' is not an IPv6 address",
        "/ip4/1.2.3.4/tcp/65536 | '65536' is not a port",
        "/ip4/1.2.3.4/tcp/-1 | '-1' is not a port",
        "/ip4/1.2.3.4/tcp | nothing follows 'tcp'",
        "/ip4/1.2.3.4/tpc/1 | unknown protocol 'tpc'",
        "/ip4/1.2.3.4/tcp/1/ | unknown protocol ''",
        "/dns/bad name/tcp/1 | 'bad name' is not a domain name",
        "/ip4/1.2.3.4/tcp/1/p2p/nobody | not a peer id: 'nobody'",
        "/ | unknown protocol ''",
      })
  void namesTheWrongPart(String text, String complaint) {
    assertThatThrownBy(() -> Multiaddr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint)
        .hasMessageContaining(text);
  }

  @Test
  void boundsWhatItReads() {
    String circuits = "/p2p-circuit".repeat(17);
    assertThatThrownBy(() -> Multiaddr.parse(circuits)).hasMessageContaining("16 parts");
    assertThatThrownBy(() -> Multiaddr.parse("/dns/" + "a".repeat(1_100)))
        .hasMessageContaining("1024 characters");
    assertThatThrownBy(() -> Multiaddr.ofBytes(new byte[513])).hasMessageContaining("512 bytes");
  }

  @Test
  void refusesBrokenBytesWithoutAnyOtherException() {
    byte[] whole = Multiaddr.parse("/ip4/1.2.3.4/tcp/1/p2p/" + PEER).toBytes();
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
      for (int flips = random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        Multiaddr read = Multiaddr.ofBytes(bytes);
        assertThat(Multiaddr.parse(read.toString())).isEqualTo(read);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void dropsTheUnknownAddressAndKeepsTheList() {
    List<byte[]> fromJs = new ArrayList<>();
    fromJs.add(Multiaddr.parse("/ip4/1.2.3.4/tcp/1").toBytes());
    fromJs.add(HexFormat.of().parseHex("0401020304" + "060001" + "dd03")); // /ws
    fromJs.add(new byte[] {1, 2, 3});
    fromJs.add(Multiaddr.parse("/ip4/1.2.3.5/tcp/1").toBytes());
    assertThat(Multiaddr.known(fromJs))
        .containsExactly(
            Multiaddr.parse("/ip4/1.2.3.4/tcp/1"), Multiaddr.parse("/ip4/1.2.3.5/tcp/1"));
  }

  @Test
  void findsThePeerOnlyAtTheEnd() {
    PeerId peer = PeerId.parse(PEER);
    Multiaddr plain = Multiaddr.parse("/ip4/1.2.3.4/tcp/1");
    assertThat(plain.peer()).isEmpty();
    assertThat(plain.withPeer(peer).peer()).contains(peer);
    assertThat(plain.withPeer(peer).withPeer(peer)).isEqualTo(plain.withPeer(peer));
    assertThat(plain.withPeer(peer).withoutPeer()).isEqualTo(plain);
    assertThat(plain.withoutPeer()).isEqualTo(plain);
    assertThat(Multiaddr.parse(plain.withPeer(peer) + "/p2p-circuit").peer()).isEmpty();
  }

  @Test
  void givesTheSocketOfPlainTcpOnly() throws Exception {
    assertThat(Multiaddr.parse("/ip4/1.2.3.4/tcp/5/p2p/" + PEER).tcpSocket())
        .contains(new InetSocketAddress(InetAddress.getByAddress(new byte[] {1, 2, 3, 4}), 5));
    assertThat(Multiaddr.parse("/dns4/peer.example.org/tcp/5").tcpSocket())
        .contains(InetSocketAddress.createUnresolved("peer.example.org", 5));
    assertThat(Multiaddr.parse("/ip6zone/eth7/ip6/fe80::1/tcp/5").tcpSocket())
        .contains(InetSocketAddress.createUnresolved("fe80::1%eth7", 5));
    for (String other :
        List.of(
            "/ip4/1.2.3.4/udp/5/quic-v1",
            "/dnsaddr/peer.example.org",
            "/p2p/" + PEER,
            "/ip4/1.2.3.4/tcp/5/p2p/" + PEER + "/p2p-circuit/p2p/" + PEER)) {
      assertThat(Multiaddr.parse(other).tcpSocket()).as(other).isEmpty();
    }
  }

  @Test
  void comesFromASocketAddress() {
    for (String text : List.of("/ip4/1.2.3.4/tcp/5", "/ip6/2001:db8::5/tcp/5", "/dns/a.b/tcp/5")) {
      Multiaddr address = Multiaddr.parse(text);
      assertThat(Multiaddr.ofTcp(address.tcpSocket().orElseThrow())).isEqualTo(address);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/ip4/127.0.0.1/tcp/1, true, false",
    "/ip4/127.9.9.9/tcp/1, true, false",
    "/ip6/::1/tcp/1, true, false",
    "/dns/localhost/tcp/1, true, false",
    "/ip4/10.1.2.3/tcp/1, false, true",
    "/ip4/172.16.0.1/tcp/1, false, true",
    "/ip4/172.32.0.1/tcp/1, false, false",
    "/ip4/192.168.1.1/tcp/1, false, true",
    "/ip4/169.254.1.1/tcp/1, false, true",
    "/ip4/100.64.0.1/tcp/1, false, true",
    "/ip4/100.128.0.1/tcp/1, false, false",
    "/ip4/0.0.0.0/tcp/1, false, true",
    "/ip6/fd00::1/tcp/1, false, true",
    "/ip6zone/eth0/ip6/fe80::1/tcp/1, false, true",
    "/ip6/::ffff:10.0.0.1/tcp/1, false, true",
    "/ip6/2001:4860::1/tcp/1, false, false",
    "/ip4/8.8.8.8/tcp/1, false, false",
    "/dns/example.org/tcp/1, false, false",
  })
  void knowsWhichAddressesMeanSomethingElsewhere(String text, boolean loopback, boolean isPrivate) {
    assertThat(Multiaddr.parse(text).isLoopback()).isEqualTo(loopback);
    assertThat(Multiaddr.parse(text).isPrivate()).isEqualTo(isPrivate);
  }
}
