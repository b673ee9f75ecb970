package org.potluck.peer.run;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.potluck.dht.Dht;

/**
 * Text that a model wrote, as trainers post it in the DHT: the epoch in decimal digits, a line
 * feed, the text.
 *
 * @param epoch of the model, zero or more
 */
record PostedSample(long epoch, String text) {
  private static final int DIGITS_MAX = 18;

  /** The key under which the trainers of {@code run} post. */
  static String key(String run) {
    return run + ".samples";
  }

  /** Tells this node of the DHT to keep nothing else under that key. */
  static void demandOnly(Dht dht, String run) {
    dht.require(key(run), value -> decode(value).isPresent());
  }

  byte[] encode() {
    return (epoch + "\n" + text).getBytes(StandardCharsets.UTF_8);
  }

  /** Empty when somebody wrote something else. */
  static Optional<PostedSample> decode(byte[] value) {
    String text = new String(value, StandardCharsets.UTF_8);
    int line = text.indexOf('\n');
    if (line < 1 || line > DIGITS_MAX) {
      return Optional.empty();
    }
    for (int at = 0; at < line; at++) {
      if (text.charAt(at) < '0' || text.charAt(at) > '9') {
        return Optional.empty();
      }
    }
    return Optional.of(
        new PostedSample(Long.parseLong(text.substring(0, line)), text.substring(line + 1)));
  }
}
