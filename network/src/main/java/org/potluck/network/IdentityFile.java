package org.potluck.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The file in which a peer keeps its identity from one start to the next.
 *
 * <p>Whoever can read it can be this peer, so it is created for its owner alone, and a file that
 * others can read is refused. It appears whole or not at all.
 */
public final class IdentityFile {
  /** An Ed25519 identity has 68 bytes. */
  private static final int BYTES_MAX = 1_024;

  private IdentityFile() {}

  /**
   * The identity in {@code file}, or a new one that is there afterwards.
   *
   * @param random a {@code SecureRandom}, from which a new identity is drawn
   * @throws IOException when the file cannot be used; the message names it and says what to do
   */
  public static Identity loadOrCreate(Path file, RandomGenerator random) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      create(file, Identity.generate(random));
    }
    return load(file);
  }

  /**
   * @throws IOException when the file cannot be used; the message names it and says what to do
   */
  public static Identity load(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("identity file " + file + " is not a file");
    }
    if (hasOwners(file)) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      boolean foreign = permissions.stream().anyMatch(each -> !each.name().startsWith("OWNER_"));
      if (foreign) {
        throw new IOException(
            "identity file "
                + file
                + " is open to others ("
                + PosixFilePermissions.toString(permissions)
                + "); close it with: chmod 600 "
                + file);
      }
    }
    if (Files.size(file) > BYTES_MAX) {
      throw new IOException("identity file " + file + " is too large to be one");
    }
    try {
      return Identity.ofProtobuf(Files.readAllBytes(file));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "identity file "
              + file
              + " is damaged or no identity file ("
              + e.getMessage()
              + "); restore it from a copy, or move it away to start as a new peer",
          e);
    }
  }

  private static void create(Path file, Identity identity) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException("identity file " + file + " has no directory to stand in");
    }
    Files.createDirectories(directory);
    Path draft = Files.createTempFile(directory, ".identity", ".new", ownerOnly(directory));
    try {
      try (FileChannel out = FileChannel.open(draft, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(identity.toProtobuf());
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        out.force(true);
      }
      publish(draft, file);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** A link, unlike a move, never replaces what another start of this peer has just put there. */
  private static void publish(Path draft, Path file) throws IOException {
    try {
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException e) {
      // The other start was first; its identity is this peer's.
    } catch (UnsupportedOperationException | IOException e) {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path directory) throws IOException {
    return hasOwners(directory)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean hasOwners(Path path) throws IOException {
    return Files.getFileStore(path).supportsFileAttributeView("posix");
  }
}
