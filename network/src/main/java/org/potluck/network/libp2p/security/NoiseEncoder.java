package org.potluck.network.libp2p.security;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CoalescingBufferQueue;
import java.nio.channels.ClosedChannelException;

/**
 * Turns plaintext into Noise transport messages.
 *
 * <p>What is written between two flushes is gathered into full frames. Otherwise each twelve-byte
 * header of a muxer would become a frame of its own, with a tag longer than itself.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // The outcome of writes and closes shows in the channel.
final class NoiseEncoder extends ChannelOutboundHandlerAdapter {
  static final int PLAIN_BYTES_MAX = 0xffff - NoiseCipher.TAG_BYTES;

  private static final byte[] NO_ASSOCIATED_DATA = new byte[0];

  private final NoiseCipher cipher;
  private final CoalescingBufferQueue queue;
  private final byte[] plain = new byte[PLAIN_BYTES_MAX];

  NoiseEncoder(Channel channel, NoiseCipher cipher) {
    this.cipher = cipher;
    queue = new CoalescingBufferQueue(channel, 8, true);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ByteBuf bytes = (ByteBuf) message;
    if (bytes.isReadable()) {
      queue.add(bytes, promise);
    } else {
      // Nothing to encrypt; the empty buffer only carries its promise.
      ctx.write(bytes, promise);
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    encrypt(ctx);
    ctx.flush();
  }

  private void encrypt(ChannelHandlerContext ctx) {
    while (!queue.isEmpty()) {
      int length = Math.min(PLAIN_BYTES_MAX, queue.readableBytes());
      ChannelPromise written = ctx.newPromise();
      ByteBuf in = queue.remove(length, written);
      try {
        in.readBytes(plain, 0, length);
      } finally {
        in.release();
      }
      int sealed = length + NoiseCipher.TAG_BYTES;
      ByteBuf out = ctx.alloc().heapBuffer(2 + sealed);
      out.writeShort(sealed);
      cipher.encrypt(
          NO_ASSOCIATED_DATA, plain, length, out.array(), out.arrayOffset() + out.writerIndex());
      out.writerIndex(2 + sealed);
      ctx.write(out, written);
    }
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    queue.releaseAndFailAll(new ClosedChannelException());
    ctx.close(promise);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    queue.releaseAndFailAll(new ClosedChannelException());
  }
}
