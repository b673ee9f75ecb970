package org.potluck.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityFileTest {
  @TempDir Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("data").resolve("identity.key");
  }

  @Test
  void givesTheSameIdentityAtEachStart() throws IOException {
    Identity first = IdentityFile.loadOrCreate(file, new Random(1));
    Identity second = IdentityFile.loadOrCreate(file, new Random(2));
    assertThat(second.peerId()).isEqualTo(first.peerId());
    try (Stream<Path> files = Files.list(file.resolveSibling("."))) {
      assertThat(files).as("nothing is left beside it").hasSize(1);
    }
  }

  @Test
  void isForItsOwnerAlone() throws IOException {
    assumeThat(hasOwners()).as("this file system has no POSIX permissions").isTrue();
    IdentityFile.loadOrCreate(file, new Random(1));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> IdentityFile.loadOrCreate(file, new Random(1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 600 " + file)
        .hasMessageContaining("rw-r-----");
  }

  @Test
  void namesTheFileThatHoldsSomethingElse() throws IOException {
    IdentityFile.loadOrCreate(file, new Random(1));
    byte[] good = Files.readAllBytes(file);
    byte[] changed = good.clone();
    changed[10] ^= 1;
    for (byte[] bad : new byte[][] {new byte[0], {1, 2, 3}, changed, new byte[2_000]}) {
      Files.write(file, bad);
      assertThatThrownBy(() -> IdentityFile.loadOrCreate(file, new Random(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file.toString());
      assertThat(Files.readAllBytes(file)).as("it is left as it was").isEqualTo(bad);
    }
  }

  @Test
  void refusesADirectory() throws IOException {
    Files.createDirectories(file);
    assertThatThrownBy(() -> IdentityFile.loadOrCreate(file, new Random(1)))
        .hasMessageContaining("is not a file");
  }

  private boolean hasOwners() throws IOException {
    return Files.getFileStore(directory).supportsFileAttributeView("posix");
  }
}
