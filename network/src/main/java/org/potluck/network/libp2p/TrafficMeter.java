package org.potluck.network.libp2p;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.time.Instant;
import java.time.InstantSource;
import org.potluck.network.Traffic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts a socket's bytes and remembers when it last spoke; the first handler of its pipeline.
 *
 * <p>Bytes count as sent once the operating system has taken them.
 */
final class TrafficMeter extends ChannelDuplexHandler {
  private static final Logger LOG = LoggerFactory.getLogger(TrafficMeter.class);

  private final InstantSource clock;
  private final TrafficTotal total;
  private final UnsentLimit unsent;
  private long sent;
  private long received;
  private Instant lastHeard;

  TrafficMeter(InstantSource clock, TrafficTotal total) {
    this.clock = clock;
    this.total = total;
    lastHeard = clock.instant();
    unsent = new UnsentLimit(lastHeard);
  }

  Traffic traffic() {
    return new Traffic(sent, received);
  }

  Instant lastHeard() {
    return lastHeard;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes) {
      received += bytes.readableBytes();
      total.received(bytes.readableBytes());
      lastHeard = clock.instant();
    }
    context.fireChannelRead(message);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    Transport.HERE.limitUnsent(context.channel(), unsent.bytes());
  }

  /** The socket failed; that is everyday life, and closing says it all. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("socket to {} failed", context.channel().remoteAddress(), cause);
    ChannelFuture _ = context.close();
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    int size = message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    ChannelFuture _ =
        context
            .write(message, promise.unvoid())
            .addListener(
                written -> {
                  if (written.isSuccess()) {
                    sent += size;
                    total.sent(size);
                    if (unsent.took(size, clock.instant())) {
                      Transport.HERE.limitUnsent(context.channel(), unsent.bytes());
                    }
                  }
                });
  }
}
