package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.network.PeerId;
import org.potluck.peer.UserException;

class HomeTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void theIdentityOutlivesTheProcess() throws Exception {
    Home home = new Home(folder.resolve("new"));
    PeerId first;
    try (Home.Claim claim = home.claim(Home.Use.VOLUNTEER)) {
      first = claim.identity().peerId();
    }
    try (Home.Claim claim = home.claim(Home.Use.VOLUNTEER)) {
      assertThat(claim.identity().peerId()).isEqualTo(first);
    }
  }

  @Test
  void coordinatorAndVolunteerOfOneMachineAreTwoPeers() throws Exception {
    Home home = new Home(folder);
    try (Home.Claim coordinator = home.claim(Home.Use.COORDINATOR);
        Home.Claim volunteer = home.claim(Home.Use.VOLUNTEER)) {
      assertThat(coordinator.identity().peerId()).isNotEqualTo(volunteer.identity().peerId());
    }
  }

  @Test
  void twoPeersCannotShareAnIdentity() throws Exception {
    Home home = new Home(folder);
    try (Home.Claim _ = home.claim(Home.Use.VOLUNTEER)) {
      assertThatThrownBy(() -> home.claim(Home.Use.VOLUNTEER).close())
          .isInstanceOf(UserException.class)
          .hasMessageContaining("--home")
          .hasMessageContaining(folder.toString());
    }
  }

  @Test
  void aFileInPlaceOfTheFolderIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> new Home(file.resolve("home")).claim(Home.Use.VOLUNTEER).close())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("--home");
  }

  @Test
  void thePortIsRememberedPerRun() throws Exception {
    Home home = new Home(folder);
    assertThat(home.port("run")).isEmpty();
    home.keepPort("run", 4321);
    assertThat(home.port("run")).hasValue(4321);
    assertThat(home.port("other")).isEmpty();
    Files.writeString(folder.resolve("runs").resolve("run").resolve("port"), "what?");
    assertThat(home.port("run")).isEmpty();
  }
}
