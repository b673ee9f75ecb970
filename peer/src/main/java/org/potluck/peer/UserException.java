package org.potluck.peer;

/** The machine or its owner is wrong: one line that names what to change, and an exit status. */
public final class UserException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  public UserException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public ExitCode exitCode() {
    return exitCode;
  }
}
