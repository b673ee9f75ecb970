package org.potluck.network.libp2p;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.Sha256;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** Takes everything a stream brings and remembers how much, its digest, and how it ended. */
@SuppressWarnings("NonAtomicVolatileUpdate") // written by one thread, read by another
class Gathering implements StreamHandler {
  final CompletableFuture<String> input = new CompletableFuture<>();
  final CompletableFuture<StreamEnd> end = new CompletableFuture<>();
  final CompletableFuture<Void> first = new CompletableFuture<>();
  volatile long bytes;
  private final MessageDigest digest = Sha256.begin();

  @Override
  public void received(Stream stream, ByteBuffer data) {
    bytes = bytes + data.remaining();
    digest.update(data);
    first.complete(null);
  }

  @Override
  public void endOfInput(Stream stream) {
    input.complete(HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public void closed(Stream stream, StreamEnd how) {
    if (!end.complete(how)) {
      throw new AssertionError("closed twice");
    }
    input.completeExceptionally(new AssertionError("ended before its input did: " + how));
  }
}
