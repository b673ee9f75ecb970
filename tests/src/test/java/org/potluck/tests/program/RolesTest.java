package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.report.RunReport;
import org.potluck.tests.tidiness.Repository;

/** A trainer, one that lends its link and one that only keeps up, from first step to last. */
class RolesTest {
  private static final int EPOCHS = 12;

  @TempDir private Path folder;

  @Test
  void whoComputesNothingEndsWithTheSameModel() throws Exception {
    Path run = folder.resolve("run.yaml");
    String text = Repository.root().resolve("docs").toString();
    try (PotluckProcess init = PotluckProcess.start("init", run.toString())) {
      assertThat(init.awaitEnd().status()).isZero();
    }
    String manifest = Files.readString(run);
    Files.writeString(run, manifest.replace("epochs: 0 ", "epochs: " + EPOCHS + " "));
    try (PotluckProcess start =
        PotluckProcess.start("start", run.toString(), "--home", home("start"))) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      try (PotluckProcess lender = join(invitation, "lender", "auxiliary");
          PotluckProcess keeper = join(invitation, "keeper", "receiver")) {
        lender.await("as auxiliary: lends its link");
        keeper.await("as receiver: keeps up");
        try (PotluckProcess ann = join(invitation, "ann", "trainer", "--data", text)) {
          assertThat(ann.awaitEnd()).returns(0, PotluckProcess.Ended::status);
        }
        assertThat(lender.awaitEnd()).returns(0, PotluckProcess.Ended::status);
        assertThat(keeper.awaitEnd()).returns(0, PotluckProcess.Ended::status);
      }
    }
    PeerReport trained = report("ann");
    PeerReport lent = report("lender");
    PeerReport kept = report("keeper");
    assertThat(trained.epoch()).isEqualTo(EPOCHS);
    assertThat(lent.parameterDigest()).isEqualTo(trained.parameterDigest());
    assertThat(kept.parameterDigest()).isEqualTo(trained.parameterDigest());
    assertThat(lent.samples()).isZero();
    assertThat(lent.roundsAveraged()).isPositive();
    assertThat(kept.roundsAveraged()).isZero();
    assertThat(Path.of(home("keeper")).resolve("runs"))
        .isDirectoryRecursivelyContaining("glob:**/model.safetensors");
  }

  private PotluckProcess join(String invitation, String name, String role, String... more) {
    List<String> words = new ArrayList<>(List.of("join", invitation, "--name", name));
    words.addAll(List.of("--role", role, "--home", home(name)));
    words.addAll(List.of("--report", folder.resolve(name + ".json").toString()));
    words.addAll(List.of(more));
    return PotluckProcess.start(words.toArray(String[]::new));
  }

  private PeerReport report(String name) throws Exception {
    return RunReport.readPeer(folder.resolve(name + ".json"));
  }

  private String home(String name) {
    return folder.resolve(name).toString();
  }
}
