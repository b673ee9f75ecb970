package org.potluck.network.libp2p;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;
import org.potluck.network.proto.IdentifyMessage;

/** Reads one length-prefixed identify message from a stream, bounded, then ends the stream. */
final class IdentifyReader implements StreamHandler {
  static final int MESSAGE_BYTES_MAX = 16 * 1024;

  private static final Duration IDLE_MAX = Duration.ofSeconds(30);

  private final Consumer<IdentifyMessage> heard;
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();
  private int length;
  private int lengthShift;
  private boolean lengthKnown;
  private boolean done;

  private IdentifyReader(Consumer<IdentifyMessage> heard) {
    this.heard = heard;
  }

  static void read(Stream stream, Consumer<IdentifyMessage> heard) {
    stream.idleLimit(IDLE_MAX);
    stream.handler(new IdentifyReader(heard));
    stream.closeWrite();
  }

  @Override
  public void received(Stream stream, ByteBuffer data) {
    while (data.hasRemaining() && !done) {
      if (lengthKnown) {
        take(stream, data);
      } else {
        lengthByte(stream, data.get());
      }
    }
    data.position(data.limit());
  }

  private void lengthByte(Stream stream, byte next) {
    length |= (next & 0x7f) << lengthShift;
    lengthShift += 7;
    lengthKnown = next >= 0;
    if (length > MESSAGE_BYTES_MAX || lengthShift > 21 || (lengthKnown && length == 0)) {
      refuse(stream);
    }
  }

  private void take(Stream stream, ByteBuffer data) {
    byte[] bytes = new byte[Math.min(data.remaining(), length - message.size())];
    data.get(bytes);
    message.writeBytes(bytes);
    if (message.size() < length) {
      return;
    }
    done = true;
    try {
      heard.accept(IdentifyMessage.parseFrom(message.toByteArray()));
    } catch (InvalidProtocolBufferException _) {
      refuse(stream);
    }
  }

  private void refuse(Stream stream) {
    done = true;
    stream.reset();
  }
}
