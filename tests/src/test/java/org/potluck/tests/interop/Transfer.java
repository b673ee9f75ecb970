package org.potluck.tests.interop;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.potluck.network.Sha256;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** One stream of the test: sends random bytes, takes what comes, and remembers the digests. */
final class Transfer implements StreamHandler {
  private static final int CHUNK = 64 * 1024;

  private final SplittableRandom random;
  private final boolean answersWithDigest;
  private final MessageDigest sending = Sha256.begin();
  private final MessageDigest receiving = Sha256.begin();
  private final StringBuilder beginning = new StringBuilder();
  private final CompletableFuture<String> sent = new CompletableFuture<>();
  private final CompletableFuture<String> received = new CompletableFuture<>();
  private final CompletableFuture<StreamEnd> end = new CompletableFuture<>();
  private long left;

  private Transfer(long seed, long bytes, boolean answersWithDigest) {
    random = new SplittableRandom(seed);
    left = bytes;
    this.answersWithDigest = answersWithDigest;
  }

  /** Sends so many bytes, then ends its direction, and goes on reading. */
  static Transfer sending(long seed, long bytes) {
    return new Transfer(seed, bytes, false);
  }

  /** Reads to the end, and only then says what the digest was. */
  static Transfer answeringWithDigest() {
    return new Transfer(0, 0, true);
  }

  Transfer start(Stream stream) {
    stream.handler(this);
    writable(stream);
    return this;
  }

  /** The digest of all that was sent, in hexadecimal. */
  String sent() throws Exception {
    return sent.get(60, TimeUnit.SECONDS);
  }

  /** The digest of all that came, once the other side has ended its direction. */
  String received() throws Exception {
    return received.get(60, TimeUnit.SECONDS);
  }

  /** What came, where it was a short text. */
  String text() throws Exception {
    received();
    return beginning.toString();
  }

  StreamEnd end() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }

  @Override
  public void writable(Stream stream) {
    if (answersWithDigest) {
      return;
    }
    while (left > 0 && stream.writable()) {
      byte[] chunk = new byte[(int) Math.min(CHUNK, left)];
      random.nextBytes(chunk);
      left -= chunk.length;
      say(stream, chunk);
    }
    if (left == 0 && !sent.isDone()) {
      finish(stream);
    }
  }

  @Override
  public void received(Stream stream, ByteBuffer data) {
    int kept = Math.min(data.remaining(), 100 - beginning.length());
    beginning.append(StandardCharsets.ISO_8859_1.decode(data.slice(data.position(), kept)));
    receiving.update(data);
  }

  @Override
  public void endOfInput(Stream stream) {
    String digest = HexFormat.of().formatHex(receiving.digest());
    received.complete(digest);
    if (answersWithDigest) {
      say(stream, digest.getBytes(StandardCharsets.US_ASCII));
      finish(stream);
    }
  }

  @Override
  public void closed(Stream stream, StreamEnd how) {
    end.complete(how);
    AssertionError early = new AssertionError("the stream ended before: " + how);
    sent.completeExceptionally(early);
    received.completeExceptionally(early);
  }

  private void say(Stream stream, byte[] bytes) {
    sending.update(bytes);
    stream.write(ByteBuffer.wrap(bytes));
  }

  private void finish(Stream stream) {
    stream.closeWrite();
    sent.complete(HexFormat.of().formatHex(sending.digest()));
  }
}
