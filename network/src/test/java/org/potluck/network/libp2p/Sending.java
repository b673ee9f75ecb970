package org.potluck.network.libp2p;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.potluck.network.Sha256;
import org.potluck.network.Stream;

/** Gathers, and sends random bytes as fast as the stream takes them; then closes its direction. */
final class Sending extends Gathering {
  private static final int CHUNK = 64 * 1024;

  private final SplittableRandom random;
  private final MessageDigest sent = Sha256.begin();
  private long left;
  private String sentDigest = "";
  volatile long queuedMax;

  Sending(long seed, long bytes) {
    random = new SplittableRandom(seed);
    left = bytes;
  }

  Sending start(Stream stream) {
    stream.handler(this);
    writable(stream);
    return this;
  }

  @Override
  public void writable(Stream stream) {
    while (left > 0 && stream.writable()) {
      byte[] chunk = new byte[(int) Math.min(CHUNK, left)];
      random.nextBytes(chunk);
      sent.update(chunk);
      left -= chunk.length;
      stream.write(ByteBuffer.wrap(chunk));
      queuedMax = Math.max(queuedMax, stream.queuedBytes());
      if (left == 0) {
        sentDigest = HexFormat.of().formatHex(sent.digest());
        stream.closeWrite();
      }
    }
  }

  String sentDigest() {
    return sentDigest;
  }
}
