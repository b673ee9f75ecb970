package org.potluck.monitor.web;

import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.NotFoundResponse;
import java.net.BindException;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.Board;
import org.potluck.monitor.Feed;

/**
 * Serves the page, the JSON under {@code /api/v1}, the events, {@code /metrics} and {@code
 * /healthz}. Nothing can be changed through it.
 */
public final class WebServer implements AutoCloseable {
  private final Javalin javalin;
  private final String host;

  private WebServer(Javalin javalin, String host) {
    this.javalin = javalin;
    this.host = host;
  }

  /** Starts listening; port 0 takes a free one. */
  public static WebServer start(
      String host,
      int port,
      List<String> hostNames,
      Board board,
      Feed feed,
      Supplier<String> metrics)
      throws BindException {
    Javalin javalin =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.startup.showOldJavalinVersionWarning = false;
              config.startup.startupWatcherEnabled = false;
              config.concurrency.useVirtualThreads = true;
              config.http.maxRequestSize = 16_384;
              routes(config.routes, new Guard(host, hostNames), board, feed, metrics);
            });
    try {
      javalin.start(host, port);
    } catch (RuntimeException e) {
      javalin.stop();
      throw bindFailure(e);
    }
    return new WebServer(javalin, host);
  }

  public String url() {
    String name = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    return "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + javalin.port();
  }

  @Override
  public void close() {
    javalin.stop();
  }

  private static void routes(
      RoutesConfig routes, Guard guard, Board board, Feed feed, Supplier<String> metrics) {
    Assets assets = new Assets();
    routes.before(guard::check);
    assets.paths().forEach(path -> routes.get(path, assets::serve));
    routes.get("/healthz", context -> context.result("ok\n"));
    routes.get(
        "/metrics",
        context ->
            context.contentType("text/plain; version=0.0.4; charset=utf-8").result(metrics.get()));
    json(routes, "run", context -> board.runDocument());
    json(routes, "state", context -> board.state());
    json(routes, "peers", context -> board.peers(parameter(context, "epoch")));
    json(routes, "epochs", context -> board.epochs(from(context), to(context)));
    json(routes, "rounds", context -> board.rounds(from(context), to(context)));
    json(routes, "samples", context -> board.samples(from(context), to(context)));
    json(routes, "notices", context -> board.notices());
    json(
        routes,
        "recording",
        context ->
            board
                .recording()
                .orElseThrow(() -> new NotFoundResponse("this run is live; see /api/v1/state")));
    routes.get("/api/v1/events", new EventStream(feed)::serve);
  }

  private interface Answer {
    String from(Context context) throws SQLException;
  }

  private static void json(RoutesConfig routes, String name, Answer answer) {
    Handler handler =
        context ->
            context
                .header("Cache-Control", "no-store")
                .contentType("application/json; charset=utf-8")
                .result(answer.from(context));
    routes.get("/api/v1/" + name, handler);
  }

  private static long from(Context context) {
    Long from = parameter(context, "from");
    return from == null ? 0 : from;
  }

  private static long to(Context context) {
    Long to = parameter(context, "to");
    return to == null ? Long.MAX_VALUE : to;
  }

  private static @Nullable Long parameter(Context context, String name) {
    String text = context.queryParam(name);
    if (text == null || text.isEmpty()) {
      return null;
    }
    if (!text.matches("\\d{1,18}")) {
      throw new BadRequestResponse(name + " must be a whole number from 0");
    }
    return Long.parseLong(text);
  }

  private static BindException bindFailure(RuntimeException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.io.IOException) {
        BindException bind = new BindException(cause.getMessage());
        bind.initCause(failure);
        return bind;
      }
    }
    if (failure.getClass().getName().startsWith("io.javalin.util.")) {
      BindException bind = new BindException(failure.getMessage());
      bind.initCause(failure);
      return bind;
    }
    throw failure;
  }
}
