package org.potluck.peer.simulate;

/**
 * The text that one peer trains on.
 *
 * @param text a name that {@link Texts} knows, or the path of a file or folder
 * @param part which of {@code parts} equal pieces of it, from zero
 */
record Portion(String text, int part, int parts) {
  /** All of it. */
  static Portion whole(String text) {
    return new Portion(text, 0, 1);
  }

  @Override
  public String toString() {
    return parts == 1 ? text : text + ", part " + (part + 1) + " of " + parts;
  }
}
