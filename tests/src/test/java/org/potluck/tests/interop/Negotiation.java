package org.potluck.tests.interop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Just enough of multistream-select to agree on one protocol, independent of the one under {@code
 * network}; then it steps aside.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write shows as a test that times out.
final class Negotiation extends ByteToMessageDecoder {
  private final String protocol;
  private final boolean dialer;
  private final Runnable agreed;
  private int heard;

  Negotiation(String protocol, boolean dialer, Runnable agreed) {
    this.protocol = protocol;
    this.dialer = dialer;
    this.agreed = agreed;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    say(ctx, "/multistream/1.0.0");
    if (dialer) {
      say(ctx, protocol);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (!in.isReadable() || in.readableBytes() <= in.getByte(in.readerIndex())) {
      return;
    }
    String line = in.readCharSequence(in.readByte(), StandardCharsets.UTF_8).toString().strip();
    heard++;
    String expected = heard == 1 ? "/multistream/1.0.0" : protocol;
    if (!line.equals(expected)) {
      throw new IllegalStateException("said '" + line + "' instead of '" + expected + "'");
    }
    if (heard == 2) {
      if (!dialer) {
        say(ctx, protocol);
      }
      agreed.run();
      ctx.pipeline().remove(this);
    }
  }

  private static void say(ChannelHandlerContext ctx, String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    ctx.writeAndFlush(ctx.alloc().buffer().writeByte(bytes.length).writeBytes(bytes));
  }
}
