package org.potluck.monitor.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.potluck.monitor.Feed;

/**
 * Server-sent events of one page, written by the request's own virtual thread.
 *
 * <p>Javalin's own SSE client is not used: it hands the response to an asynchronous context, and
 * when a page leaves at the wrong moment, Javalin 7.2.3 goes on handling the error of a request
 * that Jetty has already recycled, without end. A blocking loop has no such moment. A page that
 * stops reading blocks only its own thread, and the feed drops it when its queue is full.
 */
final class EventStream {
  private static final long KEEP_ALIVE_MILLIS = 10_000;

  private final Feed feed;

  EventStream(Feed feed) {
    this.feed = feed;
  }

  void serve(Context context) throws IOException {
    String header = context.header("Last-Event-ID");
    String lastId = header == null ? context.queryParam("last_event_id") : header;
    context
        .contentType("text/event-stream; charset=utf-8")
        .header("Cache-Control", "no-store")
        .header("X-Accel-Buffering", "no");
    OutputStream out = context.res().getOutputStream();
    Optional<Feed.Reader> subscription = feed.subscribe(lastId);
    try {
      if (subscription.isEmpty()) {
        send(out, "event: busy\ndata: {}\n\n");
        return;
      }
      try (Feed.Reader reader = subscription.get()) {
        tell(out, reader);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The page has gone; there is nobody left to tell.
    }
  }

  private static void tell(OutputStream out, Feed.Reader reader)
      throws IOException, InterruptedException {
    send(out, ": potluck\n\n");
    while (!reader.ended()) {
      Optional<Feed.Frame> next = reader.await(KEEP_ALIVE_MILLIS);
      if (next.isPresent()) {
        Feed.Frame frame = next.get();
        send(
            out,
            "id: " + frame.id() + "\nevent: " + frame.type() + "\ndata: " + frame.json() + "\n\n");
      } else if (!reader.ended()) {
        send(out, ": still here\n\n");
      }
    }
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
