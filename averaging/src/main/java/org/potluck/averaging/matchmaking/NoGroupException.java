package org.potluck.averaging.matchmaking;

/** No group came about; the message is one sentence for a person. */
public final class NoGroupException extends Exception {
  private static final long serialVersionUID = 1L;

  NoGroupException(String message) {
    super(message);
  }
}
