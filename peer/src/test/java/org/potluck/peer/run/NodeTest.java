package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.RunFile;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;

class NodeTest {
  private static final List<Multiaddr> LISTEN = List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0"));

  @TempDir private Path folder = Path.of("");

  @Test
  void aPeerComesBackThroughThoseItMetWhenWhoeverInvitedItIsGone() throws Exception {
    Identity coordinator = Identity.generate(new SecureRandom());
    SignedManifest manifest = SignedManifest.sign(spec(), coordinator);
    Home home = new Home(folder);
    List<String> said = new CopyOnWriteArrayList<>();
    Identity volunteer = Identity.generate(new SecureRandom());
    try (Node met = Node.start(Identity.generate(new SecureRandom()), LISTEN)) {
      ManifestShelf.serve(met, manifest);
      Invitation invitation;
      try (Node inviting = Node.start(coordinator, LISTEN)) {
        ManifestShelf.serve(inviting, manifest);
        invitation = Invitation.to(manifest.runId(), inviting.addresses());
        met.bootstrap(invitation.peers());
        try (Node first = start(home, volunteer, manifest.runId())) {
          assertThat(first.fetchManifest(invitation, said::add).runId())
              .isEqualTo(manifest.runId());
          first.bootstrap(invitation.peers());
        }
      }
      try (Node again = start(home, volunteer, manifest.runId())) {
        assertThat(again.fetchManifest(invitation, said::add).runId()).isEqualTo(manifest.runId());
        assertThat(said)
            .as("what takes long is told")
            .anyMatch(line -> line.matches("nobody of the invitation answers; asking .* at most"));
        again.bootstrap(invitation.peers());
        assertThat(home.savedPeers(manifest.runId()).load()).containsAnyElementsOf(met.addresses());
      }
    }
  }

  private RunSpec spec() throws Exception {
    return RunFile.read(Files.writeString(folder.resolve("run.yaml"), RunFile.example()));
  }

  private static Node start(Home home, Identity identity, String run)
      throws UserException, InterruptedException {
    return Node.start(identity, LISTEN, home.savedPeers(run));
  }
}
