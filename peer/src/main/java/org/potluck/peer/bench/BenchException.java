package org.potluck.peer.bench;

/** What was measured gave wrong results, or could not be measured: no figure may be reported. */
public final class BenchException extends Exception {
  private static final long serialVersionUID = 1L;

  public BenchException(String message) {
    super(message);
  }

  public BenchException(String message, Throwable cause) {
    super(message, cause);
  }
}
