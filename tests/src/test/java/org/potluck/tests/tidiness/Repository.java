package org.potluck.tests.tidiness;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where this checkout lies. */
public final class Repository {
  private Repository() {}

  /** The folder with the reactor's POM and the launcher. */
  public static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("potluck")) || !Files.exists(folder.resolve("pom.xml"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("not inside a checkout of Potluck");
      }
    }
    return folder;
  }
}
