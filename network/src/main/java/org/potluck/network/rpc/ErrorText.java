package org.potluck.network.rpc;

import java.util.concurrent.CompletionException;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/**
 * Errors as they travel: a text, as in hivemind. Those that callers act on begin with the name of
 * their reason, so that it survives the way.
 */
final class ErrorText {
  private static final int CHARS_MAX = 1024;

  private ErrorText() {}

  static String of(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    String text =
        cause instanceof NetworkException e && travels(e.reason())
            ? e.reason() + ": " + e.getMessage()
            : cause.getClass().getSimpleName() + "(" + cause.getMessage() + ")";
    return text.substring(0, Math.min(text.length(), CHARS_MAX));
  }

  static NetworkException parse(PeerId from, String protocol, String text) {
    String shown = text.substring(0, Math.min(text.length(), CHARS_MAX));
    Reason reason = Reason.REMOTE_ERROR;
    for (Reason candidate : Reason.values()) {
      if (travels(candidate) && text.startsWith(candidate + ": ")) {
        reason = candidate;
      }
    }
    return new NetworkException(
        reason, "peer " + from + " answered '" + protocol + "' with an error: " + shown);
  }

  private static boolean travels(Reason reason) {
    return reason == Reason.TOO_LARGE
        || reason == Reason.LIMITED
        || reason == Reason.UNSUPPORTED_PROTOCOL;
  }
}
