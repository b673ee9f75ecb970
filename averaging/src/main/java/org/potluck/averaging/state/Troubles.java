package org.potluck.averaging.state;

import java.util.concurrent.CompletionException;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;

/** What failed futures say, as network exceptions. */
final class Troubles {
  private Troubles() {}

  static NetworkException of(Throwable trouble) {
    Throwable cause =
        trouble instanceof CompletionException && trouble.getCause() != null
            ? trouble.getCause()
            : trouble;
    return cause instanceof NetworkException known
        ? known
        : new NetworkException(Reason.REMOTE_ERROR, String.valueOf(cause.getMessage()), cause);
  }
}
