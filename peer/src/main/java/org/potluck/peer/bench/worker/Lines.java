package org.potluck.peer.bench.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** Orders and replies as lines of text. */
public final class Lines {
  private static final JsonMapper JSON = new JsonMapper();

  private Lines() {}

  public static String of(Order order) {
    return write(Order.class, order);
  }

  public static String of(Reply reply) {
    return write(Reply.class, reply);
  }

  /**
   * @throws IOException when the line is no order
   */
  public static Order order(String line) throws IOException {
    return JSON.readValue(line, Order.class);
  }

  /**
   * @throws IOException when the line is no reply
   */
  public static Reply reply(String line) throws IOException {
    return JSON.readValue(line, Reply.class);
  }

  private static <T> String write(Class<T> type, T value) {
    try {
      return JSON.writerFor(type).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of plain values has no JSON", e);
    }
  }
}
