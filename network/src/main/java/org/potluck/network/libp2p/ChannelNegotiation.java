package org.potluck.network.libp2p;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.potluck.network.NetworkException;

/**
 * Runs a {@link Negotiation} on a whole channel, then leaves the pipeline; bytes that came with its
 * end go to the handlers which the outcome's listener added.
 */
final class ChannelNegotiation extends ByteToMessageDecoder {
  private final Negotiation negotiation;
  private final Consumer<String> agreed;
  private final Consumer<NetworkException> failed;

  ChannelNegotiation(
      Negotiation negotiation, Consumer<String> agreed, Consumer<NetworkException> failed) {
    this.negotiation = negotiation;
    this.agreed = agreed;
    this.failed = failed;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    send(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    ByteBuffer data = in.nioBuffer();
    negotiation.receive(data);
    in.skipBytes(in.readableBytes() - data.remaining());
    send(context);
    negotiation
        .agreed()
        .ifPresent(
            protocol -> {
              agreed.accept(protocol);
              context.pipeline().remove(this);
            });
    negotiation
        .failure()
        .ifPresent(
            why ->
                failed.accept(
                    new NetworkException(NetworkException.Reason.UNSUPPORTED_PROTOCOL, why)));
  }

  private void send(ChannelHandlerContext context) {
    negotiation
        .toSend()
        .ifPresent(
            bytes -> {
              ChannelFuture _ = context.writeAndFlush(Unpooled.wrappedBuffer(bytes));
            });
  }
}
