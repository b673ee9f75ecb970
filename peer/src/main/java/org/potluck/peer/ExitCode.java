package org.potluck.peer;

import java.util.Arrays;
import java.util.Optional;

/** What the process's exit status says; documented in {@code docs/runs.md}. */
public enum ExitCode {
  /** All went well. */
  OK(0, "all went well"),
  /** A bug in Potluck. */
  INTERNAL(1, "an error in Potluck itself"),
  /** The command line makes no sense. */
  USAGE(2, "the command line makes no sense"),
  /** Something on this machine is in the way: a port, the disk, a file's permissions. */
  MACHINE(3, "something on this machine is in the way: a port, the disk, permissions"),
  /** A manifest, an invitation or data cannot be used. */
  INPUT(4, "a manifest, an invitation or data cannot be used"),
  /** No peer of the run could be reached. */
  UNREACHABLE(5, "no peer of the run could be reached"),
  /** The run ended otherwise than it should have, for instance with peers that disagree. */
  DISAGREEMENT(6, "the run ended, but not as it should have");

  private final int status;
  private final String meaning;

  ExitCode(int status, String meaning) {
    this.status = status;
    this.meaning = meaning;
  }

  /** What {@code status} says; empty for one that a signal left, for instance. */
  public static Optional<ExitCode> of(int status) {
    return Arrays.stream(values()).filter(exitCode -> exitCode.status == status).findFirst();
  }

  public int status() {
    return status;
  }

  public String meaning() {
    return meaning;
  }
}
