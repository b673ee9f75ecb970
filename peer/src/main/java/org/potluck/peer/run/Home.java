package org.potluck.peer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.potluck.network.Identity;
import org.potluck.network.IdentityFile;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;

/**
 * The folder in which a peer keeps what outlives it: its identity, checkpoints, expanded text.
 *
 * @param folder given by {@code --home}, else {@code ~/.potluck}
 */
public record Home(Path folder) {
  public static Path standard() {
    return Path.of(System.getProperty("user.home"), ".potluck");
  }

  /** The peer's identity; created at the first start. */
  public Identity identity() throws UserException {
    try {
      Files.createDirectories(folder);
      return IdentityFile.loadOrCreate(folder.resolve("identity.key"), new SecureRandom());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot keep this peer's identity in "
              + folder
              + ": "
              + e.getMessage()
              + "; choose another folder with --home");
    }
  }

  Path checkpoint(String run) {
    return folder.resolve("runs").resolve(run).resolve("checkpoint");
  }

  Path textCache() {
    return folder.resolve("text");
  }

  Path history(String run) {
    return folder.resolve("runs").resolve(run).resolve("history.db");
  }
}
