package org.potluck.network;

import java.nio.ByteBuffer;

/** Receives what happens on one {@link Stream}. All methods run on the peer's loop. */
public interface StreamHandler {
  /**
   * Bytes arrived. The buffer is valid only during this call: consume or copy all of it.
   *
   * @param data at most one transport frame, never empty
   */
  void received(Stream stream, ByteBuffer data);

  /** The other side will send nothing more; writing may go on. Called at most once. */
  default void endOfInput(Stream stream) {}

  /** The queue has drained below the low-water mark after {@link Stream#writable()} was false. */
  default void writable(Stream stream) {}

  /** Both directions have ended. Called exactly once, and nothing is called after it. */
  default void closed(Stream stream, StreamEnd end) {}
}
