package org.potluck.monitor.web;

import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import java.util.List;
import java.util.Locale;

/**
 * What is allowed to be asked for, and what an answer may do.
 *
 * <p>A page elsewhere on the internet can make its own name resolve to 127.0.0.1 and so read a
 * server that listens only there (DNS rebinding). It cannot choose the Host header its browser
 * sends, so on a loopback address only names of this machine are answered. The content security
 * policy lets the page run nothing but its own files, whatever a stranger manages to be called.
 */
final class Guard {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final boolean loopback;
  private final List<String> hostNames;

  Guard(String host, List<String> hostNames) {
    this.loopback = isThisMachine(host);
    this.hostNames = hostNames.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }

  void check(Context context) {
    context
        .header("Content-Security-Policy", POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Resource-Policy", "same-origin");
    String name = withoutPort(String.valueOf(context.header("Host")));
    if (loopback && !isThisMachine(name) && !hostNames.contains(name)) {
      throw new ForbiddenResponse(
          "This dashboard answers only as localhost. Give the name to it with --dashboard-name.");
    }
  }

  private static String withoutPort(String host) {
    return host.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
  }

  private static boolean isThisMachine(String name) {
    return name.equals("localhost")
        || name.matches("127(\\.\\d{1,3}){3}")
        || name.equals("::1")
        || name.equals("[::1]");
  }
}
