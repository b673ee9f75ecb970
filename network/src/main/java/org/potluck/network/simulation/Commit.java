package org.potluck.network.simulation;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;

/** Which version of the code runs, for messages: with the seed it makes a failure happen again. */
public final class Commit {
  private static final String UNKNOWN = "unknown";

  private Commit() {}

  /**
   * The checked-out commit of the repository that the running code lies in, in git's short form;
   * where it was built outside of one, that is not known. What was changed since is not seen.
   */
  public static String current() {
    CodeSource source = Commit.class.getProtectionDomain().getCodeSource();
    try {
      return source == null ? UNKNOWN : of(Path.of(source.getLocation().toURI()));
    } catch (URISyntaxException | FileSystemNotFoundException e) {
      return UNKNOWN;
    }
  }

  /**
   * @param place in the work tree, a file or a folder
   */
  static String of(Path place) {
    Path folder = place.toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve(".git"))) {
      folder = folder.getParent();
    }
    try {
      return folder == null ? UNKNOWN : read(folder.resolve(".git"));
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  private static String read(Path dotGit) throws IOException {
    Path git = dotGit;
    if (Files.isRegularFile(dotGit)) {
      // A linked work tree: a line "gitdir: <folder>".
      git = dotGit.resolveSibling(value(Files.readString(dotGit)));
    }
    String head = Files.readString(git.resolve("HEAD")).strip();
    if (!head.startsWith("ref:")) {
      return shortened(head);
    }
    Path common = git.resolve("commondir");
    Path shared = Files.exists(common) ? git.resolve(Files.readString(common).strip()) : git;
    String ref = value(head);
    if (Files.exists(shared.resolve(ref))) {
      return shortened(Files.readString(shared.resolve(ref)).strip());
    }
    try (var lines = Files.lines(shared.resolve("packed-refs"))) {
      Optional<String> line = lines.filter(each -> each.endsWith(" " + ref)).findFirst();
      return line.map(Commit::shortened).orElse(UNKNOWN);
    }
  }

  private static String value(String line) {
    return line.substring(line.indexOf(':') + 1).strip();
  }

  private static String shortened(String hash) {
    return hash.substring(0, Math.min(12, hash.length()));
  }
}
