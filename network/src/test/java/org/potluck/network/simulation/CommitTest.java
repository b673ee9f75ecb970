package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitTest {
  private static final String HASH = "0123456789abcdef0123456789abcdef01234567";

  @TempDir private Path folder;

  @Test
  void isThatOfTheRepositoryAroundTheCodeWhereverOneStands() throws IOException {
    Path git = Files.createDirectories(folder.resolve("checkout/.git/refs/heads")).resolve("../..");
    Files.writeString(git.resolve("HEAD"), "ref: refs/heads/main\n");
    Files.writeString(git.resolve("refs/heads/main"), HASH + "\n");
    Path jar = Files.createDirectories(folder.resolve("checkout/network/target")).resolve("a.jar");
    assertThat(Commit.of(jar)).isEqualTo("0123456789ab");
    assertThat(Commit.of(folder.resolve("elsewhere/a.jar"))).isEqualTo("unknown");
  }
}
