package org.potluck.network.simulation;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Spoils what its peer writes, before anything encrypts it: a byte is wrong, or an older message of
 * the same protocol is said again. What counts as a message is one {@code write}, which is one
 * frame for everybody who frames.
 */
final class Liar {
  private static final int REMEMBERED_PER_PROTOCOL_MAX = 8;
  private static final int REMEMBERED_BYTES_MAX = 64 << 10;

  private final Faults.Lies lies;
  private final RandomGenerator random;
  private final Map<String, ArrayDeque<byte[]>> remembered = new HashMap<>();

  Liar(Faults.Lies lies, RandomGenerator random) {
    this.lies = lies;
    this.random = random;
  }

  /** What goes out in place of {@code message}; tells {@code notice} of every lie. */
  List<ByteBuffer> tell(String protocol, ByteBuffer message, Consumer<String> notice) {
    List<ByteBuffer> out = new ArrayList<>(2);
    ByteBuffer said = message;
    if (random.nextDouble() < lies.corruptedShare()) {
      said = corrupted(message);
      notice.accept("sends a wrong byte in '" + protocol + "'");
    }
    out.add(said);
    if (lies.replayShare() > 0) {
      ArrayDeque<byte[]> older = remembered.computeIfAbsent(protocol, absent -> new ArrayDeque<>());
      if (!older.isEmpty() && random.nextDouble() < lies.replayShare()) {
        out.add(ByteBuffer.wrap(older.element().clone()));
        notice.accept("repeats an older message of '" + protocol + "'");
      }
      remember(older, message);
    }
    return out;
  }

  private ByteBuffer corrupted(ByteBuffer message) {
    byte[] copy = new byte[message.remaining()];
    message.duplicate().get(copy);
    copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
    return ByteBuffer.wrap(copy);
  }

  private static void remember(ArrayDeque<byte[]> older, ByteBuffer message) {
    if (message.remaining() <= REMEMBERED_BYTES_MAX) {
      byte[] copy = new byte[message.remaining()];
      message.duplicate().get(copy);
      older.add(copy);
      if (older.size() > REMEMBERED_PER_PROTOCOL_MAX) {
        older.remove();
      }
    }
  }
}
