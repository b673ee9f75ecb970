package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PlanPictureTest {
  private static final Path PICTURE = Path.of("..", "docs", "plans.svg");

  /** With {@code -Dpotluck.pictures=write} it draws the picture anew. */
  @Test
  void theHandbookShowsThePlansThatAreMade() throws IOException {
    String svg = PlanPicture.svg();
    if ("write".equals(System.getProperty("potluck.pictures"))) {
      Files.writeString(PICTURE, svg);
    }
    assertThat(Files.readString(PICTURE))
        .as("docs/plans.svg; draw it anew with -Dpotluck.pictures=write")
        .isEqualTo(svg);
  }

  @Test
  void equalLinksShareAlike() {
    assertThat(PlanPicture.equalLinks().shares().getFirst()).isBetween(0.1249, 0.1251);
  }

  @Test
  void fastServersReduceNearlyAll() {
    PlanPicture.Setting setting = PlanPicture.fastServers();
    assertThat(2 * setting.shares().getFirst()).isGreaterThan(0.9);
    assertThat(setting.plan()).isLessThan(setting.equalSplit() / 1.2);
    assertThat(setting.plan()).isLessThanOrEqualTo(setting.parameterServer() * 1.0001);
  }

  @Test
  void auxiliariesReduceWhatSlowPeersCannot() {
    PlanPicture.Setting setting = PlanPicture.auxiliaries();
    assertThat(setting.shares().getLast()).isGreaterThan(5 * setting.shares().getFirst());
    assertThat(setting.plan()).isLessThan(setting.equalSplit() / 1.2);
    assertThat(setting.plan()).isLessThan(setting.parameterServer());
  }

  @Test
  void firewalledPeersReduceNothing() {
    PlanPicture.Setting setting = PlanPicture.firewalled();
    assertThat(setting.shares().getLast()).isZero();
    assertThat(setting.plan()).isLessThan(setting.parameterServer());
  }
}
