package org.potluck.network.libp2p.yamux;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The 12-byte header: version, type, flags, stream id, length; all big-endian. */
final class Frame {
  static final int HEADER_BYTES = 12;

  /** With its header, a frame fills four TLS records and leaves no crumb for a fifth. */
  static final int DATA_BYTES_MAX = 64 * 1024 - HEADER_BYTES;

  static final int WINDOW_BYTES_INITIAL = 256 * 1024;

  static final int DATA = 0;
  static final int WINDOW_UPDATE = 1;
  static final int PING = 2;
  static final int GO_AWAY = 3;

  static final int SYN = 1;
  static final int ACK = 2;
  static final int FIN = 4;
  static final int RST = 8;

  static final int GO_AWAY_NORMAL = 0;
  static final int GO_AWAY_PROTOCOL_ERROR = 1;

  private Frame() {}

  static ByteBuf header(ByteBufAllocator allocator, int type, int flags, int stream, int length) {
    return allocator
        .buffer(HEADER_BYTES)
        .writeByte(0)
        .writeByte(type)
        .writeShort(flags)
        .writeInt(stream)
        .writeInt(length);
  }
}
