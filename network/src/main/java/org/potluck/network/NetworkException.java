package org.potluck.network;

import java.io.IOException;

/** Why a dial, a handshake or a call did not work, in one sentence for a person. */
public class NetworkException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What kind of trouble it is, for code that decides what to do next. */
  public enum Reason {
    /** Nobody answers there, or no address is known. */
    UNREACHABLE,
    /** Took longer than the caller allows. */
    TIMED_OUT,
    /** Somebody else answered than the peer that was dialed. */
    WRONG_PEER,
    /** The handshake failed or the bytes make no sense. */
    PROTOCOL_VIOLATION,
    /** The peer does not speak the protocol. */
    UNSUPPORTED_PROTOCOL,
    /** The peer answered with an error of its own. */
    REMOTE_ERROR,
    /** A message is larger than the limit of its kind. */
    TOO_LARGE,
    /** The connection or the stream ended before the answer. */
    CLOSED,
    /** Our own limit of connections, streams or bytes is reached. */
    LIMITED
  }

  private final Reason reason;

  public NetworkException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public NetworkException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
