package org.potluck.dht.kad;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.potluck.dht.proto.KadMessage;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.FrameReader;
import org.potluck.network.rpc.Framing;

/** A stream of length-prefixed messages, either side of it. */
final class KadStream implements StreamHandler, FrameReader.Receiver {
  /** 20 peers with their addresses take some 8 KiB. */
  private static final int MESSAGE_BYTES_MAX = 64 << 10;

  private static final Duration IDLE_MAX = Duration.ofSeconds(60);

  private final Stream stream;
  private final Owner owner;
  private final FrameReader reader = new FrameReader(Framing.VARINT, MESSAGE_BYTES_MAX, this);

  private KadStream(Stream stream, Owner owner) {
    this.stream = stream;
    this.owner = owner;
  }

  /** Hears what comes. */
  interface Owner {
    void said(KadStream stream, KadMessage message);

    void ended();
  }

  static KadStream on(Stream stream, Owner owner) {
    KadStream messages = new KadStream(stream, owner);
    stream.handler(messages);
    stream.idleLimit(IDLE_MAX);
    return messages;
  }

  void say(KadMessage message) {
    stream.write(Framing.VARINT.encode(0, message));
  }

  void close() {
    reader.stop();
    stream.closeWrite();
  }

  void reset() {
    reader.stop();
    stream.reset();
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    try {
      owner.said(this, KadMessage.parseFrom(body));
    } catch (InvalidProtocolBufferException e) {
      violation("not a message: " + e.getMessage());
    }
  }

  @Override
  public void violation(String what) {
    reset();
    owner.ended();
  }

  @Override
  public void endOfInput(Stream from) {
    stream.closeWrite();
    owner.ended();
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    reader.stop();
    owner.ended();
  }
}
