package org.potluck.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a reader of the API does. Waiting is by event, never by sleeping. */
final class Client implements AutoCloseable {
  record Event(String id, String type, String data) {}

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final String url;

  Client(Dashboard dashboard) {
    this.url = dashboard.url();
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  JsonNode json(String path) throws IOException, InterruptedException {
    return new ObjectMapper().readTree(get(path).body());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(10));
  }

  /** Opens the event stream; the connection is registered when this returns. */
  Events events(@Nullable String lastId) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/events"))
            .header("Accept", "text/event-stream");
    if (lastId != null) {
      request.header("Last-Event-ID", lastId);
    }
    HttpResponse<InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    Events events =
        new Events(
            new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8)));
    events.lines.readLine();
    return events;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  static final class Events implements AutoCloseable {
    private final BufferedReader lines;

    Events(BufferedReader lines) {
      this.lines = lines;
    }

    /** The first event that is wanted; others are skipped. */
    Event until(Predicate<Event> wanted) throws IOException {
      String id = "";
      String type = "";
      StringBuilder data = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("id:")) {
          id = line.substring(3).strip();
        } else if (line.startsWith("event:")) {
          type = line.substring(6).strip();
        } else if (line.startsWith("data:")) {
          data.append(line.substring(5).strip());
        } else if (line.isEmpty() && !type.isEmpty()) {
          Event event = new Event(id, type, data.toString());
          if (wanted.test(event)) {
            return event;
          }
          type = "";
          data.setLength(0);
        }
      }
      throw new IOException("the stream ended before the event came");
    }

    Event untilType(String type) throws IOException {
      return until(event -> event.type().equals(type));
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
