package org.potluck.monitor.web;

import io.javalin.http.sse.SseClient;
import java.util.Optional;
import org.potluck.monitor.Feed;

/**
 * Server-sent events of one page. The request's own virtual thread waits for frames and writes
 * them; a reader that stops reading blocks only that thread, and the feed drops it when its queue
 * is full.
 */
final class EventStream {
  private static final long KEEP_ALIVE_MILLIS = 10_000;

  private final Feed feed;

  EventStream(Feed feed) {
    this.feed = feed;
  }

  void serve(SseClient client) {
    String header = client.ctx().header("Last-Event-ID");
    String lastId = header == null ? client.ctx().queryParam("last_event_id") : header;
    Optional<Feed.Reader> subscription = feed.subscribe(lastId);
    if (subscription.isEmpty()) {
      client.sendEvent("busy", "{}", null);
      client.close();
      return;
    }
    try (Feed.Reader reader = subscription.get()) {
      client.sendComment("potluck");
      while (!reader.ended() && !client.terminated()) {
        Optional<Feed.Frame> frame = reader.await(KEEP_ALIVE_MILLIS);
        if (frame.isPresent()) {
          client.sendEvent(frame.get().type(), frame.get().json(), frame.get().id());
        } else if (!reader.ended()) {
          client.sendComment("still here");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
