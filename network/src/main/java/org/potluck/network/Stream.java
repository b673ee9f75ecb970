package org.potluck.network;

import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A two-way, ordered, reliable, encrypted stream of bytes to one peer.
 *
 * <p>Writing never blocks. A writer that cares about memory stops when {@link #writable()} turns
 * false and goes on at {@link StreamHandler#writable}. Reading pauses with {@link #pauseReading};
 * the sender then runs into its window and stops. All methods are called on the peer's loop.
 */
public interface Stream {
  /** Who is at the other end; proven by the handshake. */
  PeerId remote();

  /** The protocol id that was negotiated. */
  String protocol();

  /** Sets who receives. Call once, before control returns to the loop. */
  void handler(StreamHandler handler);

  /**
   * Queues the remaining bytes of {@code data}. The stream owns the buffer from now on: the caller
   * must change neither its content nor its position. Ignored once the stream is closed or reset
   * (the handler has heard of it or will).
   */
  void write(ByteBuffer data);

  /** Whether less is queued than the high-water mark. */
  boolean writable();

  /**
   * Sets the high-water mark, some 256 KiB to 1 MiB at first. Low water is a fraction of it.
   *
   * @param bytes at least 2
   */
  void highWater(int bytes);

  /** Bytes queued here and not yet handed to the operating system. */
  long queuedBytes();

  /** Ends the outgoing direction once everything queued has been sent. Reading goes on. */
  void closeWrite();

  /** Ends both directions at once; queued bytes are dropped and the other side sees a reset. */
  void reset();

  /** Stops delivery of received bytes; at most the stream's window is buffered meanwhile. */
  void pauseReading();

  /** Resumes delivery. */
  void resumeReading();

  /**
   * Resets the stream when nothing has arrived for {@code limit}; replaces an earlier limit. Zero
   * is no limit.
   */
  void idleLimit(Duration limit);
}
