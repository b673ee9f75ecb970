package org.potluck.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerIdTest {
  /** Ed25519 pair of libp2p specs, peer-ids, "Test vectors". */
  private static final String PRIVATE_KEY =
      "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
          + "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";

  private static final String PUBLIC_KEY =
      "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";

  @Test
  void producesThePublicKeyOfTheSpecificationsPrivateKey() {
    Identity identity = Identity.ofProtobuf(HexFormat.of().parseHex(PRIVATE_KEY));
    assertThat(HexFormat.of().formatHex(identity.publicKey().toProtobuf())).isEqualTo(PUBLIC_KEY);
    assertThat(HexFormat.of().formatHex(identity.toProtobuf())).isEqualTo(PRIVATE_KEY);
    assertThat(PublicKey.of(identity.peerId())).isEqualTo(identity.publicKey());
  }

  @Test
  void readsCidsToo() {
    // The same peer in both forms, from libp2p specs, peer-ids, "Decoding".
    PeerId legacy = PeerId.parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");
    assertThat(PeerId.parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"))
        .isEqualTo(legacy);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "b",
        "z",
        "bafz",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",
        "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
        "0D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
      })
  void refusesEverythingElse(String text) {
    assertThatThrownBy(() -> PeerId.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a peer id: '" + text + "'");
  }
}
