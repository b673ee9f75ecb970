package org.potluck.network.libp2p.security;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.security.GeneralSecurityException;
import java.util.List;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;

/** Turns Noise transport messages back into plaintext; one bad frame ends the connection. */
@SuppressWarnings(
    "FutureReturnValueIgnored") // The outcome of writes and closes shows in the channel.
final class NoiseDecoder extends ByteToMessageDecoder {
  private static final byte[] NO_ASSOCIATED_DATA = new byte[0];

  private final NoiseCipher cipher;
  private final byte[] frame = new byte[0xffff];
  private boolean failed;

  NoiseDecoder(NoiseCipher cipher) {
    this.cipher = cipher;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (failed) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < 2) {
      return;
    }
    int length = in.getUnsignedShort(in.readerIndex());
    if (length < NoiseCipher.TAG_BYTES) {
      fail(ctx, new NetworkException(Reason.PROTOCOL_VIOLATION, "a Noise frame without its tag"));
      return;
    }
    if (in.readableBytes() < 2 + length) {
      return;
    }
    in.skipBytes(2).readBytes(frame, 0, length);
    int plainBytes = length - NoiseCipher.TAG_BYTES;
    ByteBuf plain = ctx.alloc().heapBuffer(Math.max(1, plainBytes));
    try {
      cipher.decrypt(NO_ASSOCIATED_DATA, frame, length, plain.array(), plain.arrayOffset());
      plain.writerIndex(plainBytes);
      if (plainBytes > 0) {
        out.add(plain.retain());
      }
    } catch (GeneralSecurityException e) {
      fail(
          ctx,
          new NetworkException(
              Reason.PROTOCOL_VIOLATION, "a Noise frame was changed on its way", e));
    } finally {
      plain.release();
    }
  }

  private void fail(ChannelHandlerContext ctx, NetworkException why) {
    failed = true;
    ctx.fireExceptionCaught(why);
    ctx.close();
  }
}
