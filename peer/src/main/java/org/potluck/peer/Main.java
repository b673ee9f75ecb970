package org.potluck.peer;

import org.potluck.peer.cli.PotluckCommand;

/** Where the program starts. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    PotluckCommand.executeAndExit(arguments);
  }
}
