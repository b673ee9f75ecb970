package org.potluck.network.libp2p;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.potluck.network.Identity;
import org.potluck.network.libp2p.security.SecuredConnection;
import org.potluck.network.libp2p.security.TlsSecurity;

/**
 * Our TLS on our sockets, with nothing above it: what yamux and streams are to be compared with.
 */
final class RawTlsPath implements BenchPath {
  private final NettyLoop sending = NettyLoop.start("tls-sender");
  private final NettyLoop receiving = NettyLoop.start("tls-receiver");
  private final Sink sink = new Sink();
  private final CompletableFuture<Source> source = new CompletableFuture<>();

  private RawTlsPath() {}

  static RawTlsPath open() throws InterruptedException {
    RawTlsPath path = new RawTlsPath();
    Channel server =
        Transport.HERE
            .listener()
            .group(path.receiving.netty())
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Sockets.receiveBuffers())
            .childHandler(secured(false, channel -> channel.pipeline().addLast(path.sink)))
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    Transport.HERE
        .dialer()
        .group(path.sending.netty())
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Sockets.WATER_MARK)
        .handler(secured(true, channel -> path.source.complete(new Source(channel))))
        .connect(server.localAddress())
        .sync();
    return path;
  }

  @Override
  public void move(long bytes) throws IOException, InterruptedException {
    CompletableFuture<Void> all = new CompletableFuture<>();
    try {
      Source from = source.get();
      CompletableFuture.runAsync(() -> sink.expect(bytes, all), receiving).get();
      sending.execute(() -> from.send(bytes));
      all.get();
    } catch (ExecutionException e) {
      throw new IOException("the benchmark of TLS failed", e);
    }
  }

  @Override
  public void close() {
    sending.stop();
    receiving.stop();
  }

  private static ChannelInitializer<SocketChannel> secured(boolean dialer, Consumer<Channel> then) {
    TlsSecurity tls = new TlsSecurity(Identity.generate(new SecureRandom()));
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        Promise<SecuredConnection> done = channel.eventLoop().newPromise();
        tls.secure(channel, dialer, Optional.empty(), List.of("/yamux/1.0.0"), done);
        done.addListener(
            _ -> {
              if (done.isSuccess()) {
                then.accept(channel);
              }
            });
      }
    };
  }

  private static final class Sink extends ChannelInboundHandlerAdapter {
    private CompletableFuture<Void> all = new CompletableFuture<>();
    private long left;

    void expect(long bytes, CompletableFuture<Void> whenAll) {
      left = bytes;
      all = whenAll;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      left -= bytes.readableBytes();
      bytes.release();
      if (left == 0) {
        all.complete(null);
      }
    }
  }

  private static final class Source extends ChannelInboundHandlerAdapter {
    private final Channel channel;
    private final ByteBuf chunk = Unpooled.wrappedBuffer(new byte[NetworkBench.CHUNK]);
    private long left;
    private boolean sending;

    Source(Channel channel) {
      this.channel = channel;
      channel.pipeline().addLast(this);
    }

    void send(long bytes) {
      left = bytes;
      sendMore();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      sendMore();
    }

    /** In pieces of a yamux frame, so that the queue is as long as under yamux. */
    private void sendMore() {
      if (sending) {
        return;
      }
      sending = true;
      while (left > 0 && channel.isWritable()) {
        int size = (int) Math.min(64 << 10, left);
        left -= size;
        ChannelFuture _ = channel.write(chunk.retainedSlice(0, size));
        if (!channel.isWritable() || left == 0) {
          channel.flush();
        }
      }
      sending = false;
    }
  }
}
