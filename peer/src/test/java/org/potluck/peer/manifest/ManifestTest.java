package org.potluck.peer.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;

class ManifestTest {
  private final Identity coordinator = Identity.generate(new Random(7));

  @TempDir private Path folder = Path.of("");

  @Test
  void theExampleThatInitWritesCanBeRead() throws Exception {
    assertThat(read(RunFile.example()).training().targetBatch()).isEqualTo(64);
  }

  @Test
  void anUnknownSettingIsNamedWithItsLineAndTheKnownOnes() {
    assertThatThrownBy(() -> read(RunFile.example().replace("width:", "widht:")))
        .isInstanceOf(ManifestException.class)
        .hasMessageContaining("run.yaml:9: unknown setting")
        .hasMessageContaining("'widht'")
        .hasMessageContaining("width");
  }

  @Test
  void aValueOutOfRangeNamesItsSetting() {
    assertThatThrownBy(() -> read(RunFile.example().replace("heads: 4", "heads: 5")))
        .hasMessageContaining("model.width must be a multiple of model.heads");
  }

  @Test
  void aValueOfAnotherKindIsNamedWithoutJavasWords() {
    assertThatThrownBy(() -> read(RunFile.example().replace(": 64 ", ": many ")))
        .hasMessageContaining("'training.target-batch' must be a whole number, not 'many'");
  }

  @Test
  void aMissingSettingIsNamed() {
    assertThatThrownBy(() -> read(RunFile.example().replace("  codec: float16", "  #")))
        .isInstanceOf(ManifestException.class)
        .hasMessageContaining("averaging");
  }

  @Test
  void everyErrorIsOneLine() {
    for (String text : List.of("", "[]", "name: [", "name: 1\nmodel: 3", ": : :", "a\tb: c")) {
      assertThatThrownBy(() -> read(text))
          .as(text)
          .isInstanceOf(ManifestException.class)
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void aSignedManifestSurvivesTheJourney() throws Exception {
    SignedManifest signed = SignedManifest.sign(read(RunFile.example()), coordinator);
    SignedManifest arrived = SignedManifest.parse(signed.toBytes());
    assertThat(arrived.spec()).isEqualTo(signed.spec());
    assertThat(arrived.runId()).isEqualTo(signed.runId()).hasSize(40);
    assertThat(arrived.coordinator()).isEqualTo(coordinator.publicKey());
  }

  @Test
  void everyFlippedBitIsNoticed() throws Exception {
    SignedManifest signed = SignedManifest.sign(read(RunFile.example()), coordinator);
    byte[] bytes = signed.toBytes();
    for (int i = 0; i < bytes.length; i++) {
      byte[] forged = bytes.clone();
      forged[i] ^= 1;
      assertThatThrownBy(() -> SignedManifest.parse(forged)).isInstanceOf(ManifestException.class);
    }
  }

  @Test
  void anInvitationIsTheSameAfterCopyAndPaste() throws Exception {
    Multiaddr peer = Multiaddr.parse("/ip4/127.0.0.1/tcp/4001/p2p/" + coordinator.peerId());
    Invitation invitation = new Invitation("ab".repeat(20), List.of(peer));
    assertThat(Invitation.parse("  " + invitation + "\n")).isEqualTo(invitation);
  }

  @Test
  void quotesAroundAnInvitationDoNoHarm() throws Exception {
    Multiaddr peer = Multiaddr.parse("/ip4/192.168.1.7/tcp/4001/p2p/" + coordinator.peerId());
    Invitation invitation = new Invitation("ab".repeat(20), List.of(peer));
    for (String quoted : List.of("'%s'", "%s'", "\"%s\"", "<%s>", "`%s`")) {
      assertThat(Invitation.parse(quoted.formatted(invitation))).isEqualTo(invitation);
    }
  }

  @Test
  void anInvitationNamesLoopbackOnlyWhereThereIsNothingElse() {
    String id = "/p2p/" + coordinator.peerId();
    Multiaddr loopback = Multiaddr.parse("/ip4/127.0.0.1/tcp/4001" + id);
    Multiaddr home = Multiaddr.parse("/ip4/192.168.1.7/tcp/4001" + id);
    String run = "ab".repeat(20);
    assertThat(Invitation.to(run, List.of(loopback, home)).peers()).containsExactly(home);
    assertThat(Invitation.to(run, List.of(loopback)).peers()).containsExactly(loopback);
  }

  @Test
  void aDamagedInvitationSaysWhatIsWrong() {
    String run = "potluck://" + "ab".repeat(20);
    assertThatThrownBy(() -> Invitation.parse("http://x")).hasMessageContaining("potluck://");
    assertThatThrownBy(() -> Invitation.parse(run)).hasMessageContaining("1 to 32 peers");
    assertThatThrownBy(() -> Invitation.parse(run + "?peer=/ip4/127.0.0.1/tcp/1"))
        .hasMessageContaining("/p2p/");
    assertThatThrownBy(() -> Invitation.parse(run + "?peer=/ip4/127.0.0.1/tcp/1/p2p/12D3Koo"))
        .hasMessageContaining("12D3Koo");
    assertThatThrownBy(() -> Invitation.parse("potluck://ab?peer=/ip4/1.2.3.4/tcp/1"))
        .isInstanceOf(ManifestException.class);
  }

  private RunSpec read(String text) throws Exception {
    return RunFile.read(Files.writeString(folder.resolve("run.yaml"), text));
  }
}
