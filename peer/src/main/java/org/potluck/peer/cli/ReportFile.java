package org.potluck.peer.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;

/** A file that is written at the end; checked before hours of work rather than after. */
final class ReportFile {
  private ReportFile() {}

  /**
   * @param option that names it
   * @throws UserException when no file can be written there
   */
  static void check(@Nullable Path file, String option) throws UserException {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(file)) {
      throw new UserException(ExitCode.INPUT, file + " is a folder; " + option + " needs a file");
    }
    if (!Files.isDirectory(folder)) {
      throw new UserException(
          ExitCode.INPUT, "there is no folder " + folder + " to write in; see " + option);
    }
    if (!Files.isWritable(folder)) {
      throw new UserException(
          ExitCode.MACHINE, "the folder " + folder + " cannot be written to; see " + option);
    }
  }
}
