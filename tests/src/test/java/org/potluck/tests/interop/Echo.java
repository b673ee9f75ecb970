package org.potluck.tests.interop;

import java.nio.ByteBuffer;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;

/** Sends everything back, reading no faster than that goes. */
final class Echo implements StreamHandler {
  @Override
  public void received(Stream stream, ByteBuffer data) {
    stream.write(ByteBuffer.allocate(data.remaining()).put(data).flip());
    if (!stream.writable()) {
      stream.pauseReading();
    }
  }

  @Override
  public void writable(Stream stream) {
    stream.resumeReading();
  }

  @Override
  public void endOfInput(Stream stream) {
    stream.closeWrite();
  }
}
