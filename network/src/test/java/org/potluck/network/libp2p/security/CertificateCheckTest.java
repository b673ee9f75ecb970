package org.potluck.network.libp2p.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.NetworkException;

/** With the vectors of libp2p specs, tls, "Test vectors". */
class CertificateCheckTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static final String ED25519 =
      "308201ae30820156a0030201020204499602d2300a06082a8648ce3d040302302031123010060355"
          + "040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030"
          + "305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e69"
          + "6f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d03010703420004"
          + "0c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec8785"
          + "04c174144fa4b14b66a651691606d8173e55bd37e381569ea37c307a3078060a2b0601040183a25a"
          + "0101046a3068042408011220a77f1d92fedb59dddaea5a1c4abd1ac2fbde7d7b879ed36450180992"
          + "3d7c11b90440d90d2769db992d5e6195dbb08e706b6651e024fda6cfb8846694a435519941cac215"
          + "a8207792e42849cccc6cd8136c6e4bde92a58c5e08cfd4206eb5fe0bf909300a06082a8648ce3d04"
          + "03020346003043021f50f6b6c52711a881778718238f650c9fb48943ae6ee6d28427dc6071ae55e7"
          + "02203625f116a7a454db9c56986c82a25682f7248ea1cb764d322ea983ed36a31b77";

  private static final String ECDSA =
      "308201f63082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355"
          + "040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030"
          + "305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e69"
          + "6f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d03010703420004"
          + "0c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec8785"
          + "04c174144fa4b14b66a651691606d8173e55bd37e381569ea381c23081bf3081bc060a2b06010401"
          + "83a25a01010481ad3081aa045f0803125b3059301306072a8648ce3d020106082a8648ce3d030107"
          + "03420004bf30511f909414ebdd3242178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7"
          + "563e794b512f66e60c7f55ba8a3acf3dd72a801980d205e8a1ad29f2044730450220064ea8124774"
          + "caf8f50e57f436aa62350ce652418c019df5d98a3ac666c9386a022100aa59d704a931b5f72fb922"
          + "2cb6cc51f954d04a4e2e5450f8805fe8918f71eaae300a06082a8648ce3d04030203470030440220"
          + "799395b0b6c1e940a7e4484705f610ab51ed376f19ff9d7c16757cfbf61b8d4302206205c03fbb0f"
          + "95205c779be86581d3e31c01871ad5d1f3435bcf375cb0e5088a";

  private static final String SECP256K1 =
      "308201ba3082015fa0030201020204499602d2300a06082a8648ce3d040302302031123010060355"
          + "040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030"
          + "305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e69"
          + "6f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d03010703420004"
          + "0c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec8785"
          + "04c174144fa4b14b66a651691606d8173e55bd37e381569ea38184308181307f060a2b0601040183"
          + "a25a01010471306f0425080212210206dc6968726765b820f050263ececf7f71e4955892776c0970"
          + "542efd689d2382044630440220145e15a991961f0d08cd15425bb95ec93f6ffa03c5a385eedc34ec"
          + "f464c7a8ab022026b3109b8a3f40ef833169777eb2aa337cfb6282f188de0666d1bcec2a4690dd30"
          + "0a06082a8648ce3d0403020349003046022100e1a217eeef9ec9204b3f774a08b70849646b6a1e6b"
          + "8b27f93dc00ed58545d9fe022100b00dafa549d0f03547878338c7b15e7502888f6d45db387e5ae6"
          + "b5d46899cef0";

  private static final String INVALID =
      "308201f73082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355"
          + "040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030"
          + "305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e69"
          + "6f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d03010703420004"
          + "0c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec8785"
          + "04c174144fa4b14b66a651691606d8173e55bd37e381569ea381c23081bf3081bc060a2b06010401"
          + "83a25a01010481ad3081aa045f0803125b3059301306072a8648ce3d020106082a8648ce3d030107"
          + "03420004bf30511f909414ebdd3242178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7"
          + "563e794b512f66e60c7f55ba8a3acf3dd72a801980d205e8a1ad29f204473045022100bb6e03577b"
          + "7cc7a3cd1558df0da2b117dfdcc0399bc2504ebe7de6f65cade72802206de96e2a5be9b6202adba2"
          + "4ee0362e490641ac45c240db71fe955f2c5cf8df6e300a06082a8648ce3d04030203480030450221"
          + "00e847f267f43717358f850355bdcabbefb2cfbf8a3c043b203a14788a092fe8db022027c1d04a2d"
          + "41fd6b57a7e8b3989e470325de4406e52e084e34a3fd56eef0d0df";

  @Test
  void findsTheEd25519PeerOfTheSpecification() throws Exception {
    assertThat(CertificateCheck.remote(HexFormat.of().parseHex(ED25519), NOW))
        .hasToString("12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv");
  }

  @Test
  void findsTheEcdsaPeerOfTheSpecification() throws Exception {
    assertThat(CertificateCheck.remote(HexFormat.of().parseHex(ECDSA), NOW))
        .hasToString("QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE");
  }

  @Test
  void findsTheSecp256k1PeerOfTheSpecification() throws Exception {
    assertThat(CertificateCheck.remote(HexFormat.of().parseHex(SECP256K1), NOW))
        .hasToString("16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs");
  }

  @Test
  void refusesTheCertificateOfTheSpecificationThatNamesAnothersKey() {
    assertThatThrownBy(() -> CertificateCheck.remote(HexFormat.of().parseHex(INVALID), NOW))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining("did not sign this session's key");
  }

  @Test
  void findsOurselvesInOurOwnCertificateWhileItIsValid() throws Exception {
    Identity identity = Identity.generate(new Random(1));
    byte[] der = HostCertificate.of(identity, NOW).certificate().getEncoded();
    assertThat(CertificateCheck.remote(der, NOW)).isEqualTo(identity.peerId());
    assertThatThrownBy(() -> CertificateCheck.remote(der, NOW.minus(Duration.ofHours(2))))
        .hasMessageContaining("valid from");
    assertThatThrownBy(() -> CertificateCheck.remote(der, NOW.plus(Duration.ofDays(40_000))))
        .hasMessageContaining("expired");
  }

  @Test
  void refusesEveryChangedCertificateWithoutAnyOtherException() throws Exception {
    Identity identity = Identity.generate(new Random(1));
    byte[] whole = HostCertificate.of(identity, NOW).certificate().getEncoded();
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= (byte) (1 << (at % 8));
      int place = at;
      assertThatThrownBy(() -> CertificateCheck.remote(changed, NOW))
          .as("bit changed in byte %d", place)
          .isInstanceOf(NetworkException.class);
    }
    Random random = new Random(2);
    for (int i = 0; i < 2_000; i++) {
      byte[] garbage = new byte[random.nextInt(200)];
      random.nextBytes(garbage);
      assertThatThrownBy(() -> CertificateCheck.remote(garbage, NOW))
          .isInstanceOf(NetworkException.class);
    }
  }
}
