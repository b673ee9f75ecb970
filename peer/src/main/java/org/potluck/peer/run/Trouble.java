package org.potluck.peer.run;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/** What a person has to know of a failure to read or write: few words, no class names. */
public final class Trouble {
  private Trouble() {}

  public static String of(IOException e) {
    String reason =
        switch (e) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> "no such file or folder";
          case NotDirectoryException _ -> "not a folder";
          // A folder was to be made there.
          case FileAlreadyExistsException _ -> "there is a file of that name";
          case FileSystemException system when system.getReason() != null -> system.getReason();
          default -> String.valueOf(e.getMessage());
        };
    // Systems say this in their own words; these say what to do.
    return reason.contains("No space left") || reason.contains("not enough space")
        ? "the disk is full: free some space"
        : decapitalized(reason);
  }

  private static String decapitalized(@Nullable String text) {
    return text == null || text.isEmpty()
        ? "unknown"
        : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
