package org.potluck.peer.cli;

/** What the person typed to run this program, so that what we print can be typed, too. */
final class Program {
  private Program() {}

  /** Set by the launcher; {@code potluck} where it was installed. */
  static String name() {
    return System.getProperty("potluck.program", "potluck");
  }
}
