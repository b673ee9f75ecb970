package org.potluck.network.libp2p.security;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Promise;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.potluck.network.PeerId;

/** A dialer and a listener whose bytes are carried by hand, in pieces of any size. */
@SuppressWarnings("FutureReturnValueIgnored") // What a write leads to shows at the other end.
final class SecuredPair implements AutoCloseable {
  final Side dialer;
  final Side listener;
  private final Random random;

  SecuredPair(
      long seed,
      SecurityProtocol dialing,
      SecurityProtocol listening,
      Optional<PeerId> expected,
      List<String> dialersMuxers,
      List<String> listenersMuxers) {
    random = new Random(seed);
    listener = new Side(listening, false, Optional.empty(), listenersMuxers);
    dialer = new Side(dialing, true, expected, dialersMuxers);
  }

  /** One end, with what came out of it as plaintext. */
  static final class Side {
    final EmbeddedChannel channel = new EmbeddedChannel();
    final Promise<SecuredConnection> done = channel.eventLoop().newPromise();
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    long wireBytes;

    Side(
        SecurityProtocol protocol, boolean dialer, Optional<PeerId> expected, List<String> muxers) {
      done.addListener(
          future -> {
            if (future.isSuccess()) {
              channel.pipeline().addLast(collector());
            }
          });
      protocol.secure(channel, dialer, expected, muxers, done);
    }

    private ChannelInboundHandlerAdapter collector() {
      return new ChannelInboundHandlerAdapter() {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
          ByteBuf bytes = (ByteBuf) message;
          received.writeBytes(ByteBufUtil.getBytes(bytes));
          bytes.release();
        }
      };
    }

    void write(byte[] bytes) {
      channel.write(Unpooled.wrappedBuffer(bytes));
    }

    void flush() {
      channel.flush();
    }

    byte[] takeOutbound() {
      channel.runPendingTasks();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
        all.writeBytes(ByteBufUtil.getBytes(next));
        next.release();
      }
      wireBytes += all.size();
      return all.toByteArray();
    }
  }

  void pump() {
    pump(UnaryOperator.identity());
  }

  /** Carries bytes until both are silent; {@code toListener} is what a man in the middle does. */
  void pump(UnaryOperator<byte[]> toListener) {
    boolean moved = true;
    while (moved) {
      byte[] forth = dialer.takeOutbound();
      byte[] back = listener.takeOutbound();
      moved = forth.length + back.length > 0;
      deliver(forth.length == 0 ? forth : toListener.apply(forth), listener);
      deliver(back, dialer);
    }
  }

  private void deliver(byte[] bytes, Side to) {
    int at = 0;
    while (at < bytes.length && to.channel.isOpen()) {
      int length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(18)));
      // Off the event loop, as a socket's bytes that arrive together do: tasks run after all.
      to.channel.writeOneInbound(Unpooled.copiedBuffer(bytes, at, length));
      at += length;
    }
    if (to.channel.isOpen()) {
      to.channel.flushInbound();
    }
    to.channel.runPendingTasks();
  }

  @Override
  public void close() {
    // A refusal shows in `done`; what a closing channel says besides is of no interest here.
    closeQuietly(dialer.channel);
    closeQuietly(listener.channel);
  }

  private static void closeQuietly(EmbeddedChannel channel) {
    channel.close();
    channel.runPendingTasks();
    channel.releaseInbound();
    channel.releaseOutbound();
  }
}
