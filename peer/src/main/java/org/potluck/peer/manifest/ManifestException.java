package org.potluck.peer.manifest;

/** A manifest or invitation that cannot be used, in one line that names what to change. */
public final class ManifestException extends Exception {
  private static final long serialVersionUID = 1L;

  public ManifestException(String message) {
    super(message);
  }
}
