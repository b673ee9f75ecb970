package org.potluck.peer;

import org.potluck.peer.cli.PotluckCommand;

/** Where the program starts. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(PotluckCommand.execute(arguments));
  }
}
