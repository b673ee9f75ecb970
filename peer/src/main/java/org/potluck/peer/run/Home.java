package org.potluck.peer.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.SavedPeers;
import org.potluck.dht.SavedPeersFile;
import org.potluck.network.Identity;
import org.potluck.network.IdentityFile;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;

/**
 * The folder in which a peer keeps what outlives it: its identities, checkpoints, expanded text.
 *
 * @param folder given by {@code --home}, else {@code ~/.potluck}
 */
public record Home(Path folder) {
  /** {@code ~/.potluck}. */
  public static Home standard() {
    return new Home(Path.of(System.getProperty("user.home"), ".potluck"));
  }

  /** In which capacity a process uses the folder; each has an identity of its own. */
  public enum Use {
    /** Signs runs and shows them; its key is the run's. */
    COORDINATOR,
    /** Trains. */
    VOLUNTEER;

    private String fileName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Takes the folder for one process; two peers with one identity would be one to all others.
   *
   * @throws UserException when another process has it, or it cannot be written
   */
  public Claim claim(Use use) throws UserException {
    Path file = folder.resolve(use.fileName() + ".lock");
    @Nullable FileLock lock = null;
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // Held by this very process; said below.
      }
      if (lock == null) {
        channel.close();
        throw new UserException(
            ExitCode.MACHINE,
            "another %s runs from %s; stop it, or give this one a folder of its own with --home"
                .formatted(use.fileName(), folder));
      }
      Identity identity =
          IdentityFile.loadOrCreate(folder.resolve(use.fileName() + ".key"), new SecureRandom());
      return new Claim(identity, lock);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot use the folder %s (%s); choose another with --home"
              .formatted(folder, Trouble.of(e)));
    }
  }

  /** The folder as taken by this process, until closed. */
  public record Claim(Identity identity, FileLock lock) implements AutoCloseable {
    @Override
    public void close() throws UserException {
      try {
        lock.channel().close();
      } catch (IOException e) {
        throw new UserException(
            ExitCode.MACHINE, "cannot release the lock of --home: " + Trouble.of(e));
      }
    }
  }

  /**
   * The port on which {@code run} was started before, so that its invitations stay good.
   *
   * @return empty when it was never started here
   */
  public OptionalInt port(String run) {
    try {
      int port = Integer.parseInt(Files.readString(portFile(run)).strip());
      return port > 0 && port < 65_536 ? OptionalInt.of(port) : OptionalInt.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Notes the port for {@link #port}. */
  public void keepPort(String run, int port) throws UserException {
    try {
      Files.createDirectories(portFile(run).getParent());
      Files.writeString(portFile(run), port + "\n");
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot write to the folder %s (%s); choose another with --home"
              .formatted(folder, Trouble.of(e)));
    }
  }

  private Path portFile(String run) {
    return folder.resolve("runs").resolve(run).resolve("port");
  }

  /**
   * Addresses of the other peers of {@code run}, through which a peer finds back. All processes of
   * this home share them: who was met is met by all.
   */
  public SavedPeers savedPeers(String run) throws UserException {
    try {
      return SavedPeersFile.at(folder.resolve("runs").resolve(run).resolve("peers"));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot read from the folder %s (%s); choose another with --home"
              .formatted(folder, Trouble.of(e)));
    }
  }

  Path checkpoint(String run) {
    return folder.resolve("runs").resolve(run).resolve("checkpoint");
  }

  /** Where a download of the run's state lies that is not complete yet. */
  Path download(String run) {
    return folder.resolve("runs").resolve(run).resolve("download");
  }

  Path textCache() {
    return folder.resolve("text");
  }

  /** The database of a run that is coordinated from here. */
  public Path history(String run) {
    return folder.resolve("runs").resolve(run).resolve("history.db");
  }

  /** The database of a run that is watched from here. */
  public Path watchedHistory(String run) {
    return folder.resolve("runs").resolve(run).resolve("watched.db");
  }
}
