package org.potluck.network.libp2p;

import java.io.IOException;

/** A way from one end to the other within this process, to be measured. */
interface BenchPath {
  /** Returns once the far end has all of {@code bytes}. */
  void move(long bytes) throws IOException, InterruptedException;

  void close() throws IOException, InterruptedException;
}
