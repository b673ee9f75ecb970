package org.potluck.network.libp2p;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;

/**
 * Answers libp2p's ping by sending back what arrives (specs, ping).
 *
 * <p>Our own round-trip times come from yamux, whose ping costs one frame instead of a stream.
 */
final class Ping implements StreamHandler {
  static final String PROTOCOL = "/ipfs/ping/1.0.0";

  /** Answers of 32 bytes that may wait for a remote that does not read them. */
  private static final int QUEUED_BYTES_MAX = 4096;

  private static final Duration IDLE_MAX = Duration.ofMinutes(2);

  static void answer(Stream stream) {
    stream.idleLimit(IDLE_MAX);
    stream.handler(new Ping());
  }

  @Override
  public void received(Stream stream, ByteBuffer data) {
    if (stream.queuedBytes() + data.remaining() > QUEUED_BYTES_MAX) {
      // It asks faster than it takes the answers.
      data.position(data.limit());
      stream.reset();
      return;
    }
    stream.write(ByteBuffer.allocate(data.remaining()).put(data).flip());
  }

  @Override
  public void endOfInput(Stream stream) {
    stream.closeWrite();
  }
}
