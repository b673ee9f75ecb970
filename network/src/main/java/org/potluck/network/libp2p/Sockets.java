package org.potluck.network.libp2p;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import org.potluck.network.Traffic;

/** All TCP sockets of one network: how they are set up, how many are open, what they moved. */
final class Sockets {
  /**
   * The operating system has a queue of its own that keeps a link busy. What is encrypted for it in
   * one go stays in the processor's cache at this size, and small messages do not wait long.
   */
  static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 << 10, 128 << 10);

  private final NettyLoop loop;
  private final Libp2pOptions options;
  private final TrafficTotal total = new TrafficTotal();
  private int open;

  Sockets(NettyLoop loop, Libp2pOptions options) {
    this.loop = loop;
    this.options = options;
  }

  static RecvByteBufAllocator receiveBuffers() {
    return new AdaptiveRecvByteBufAllocator(1 << 10, 16 << 10, 256 << 10);
  }

  EventLoop loop() {
    return loop.netty();
  }

  int open() {
    return open;
  }

  Traffic total() {
    return total.traffic();
  }

  /** Counts {@code channel} and its bytes from here on. */
  void prepare(Channel channel) {
    open++;
    channel.closeFuture().addListener(_ -> open--);
    channel.pipeline().addLast(new TrafficMeter(loop.clock(), total));
  }

  ChannelFuture connect(InetSocketAddress address) {
    return Transport.HERE
        .dialer()
        .group(loop.netty())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) options.handshakeMax().toMillis())
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .option(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffers())
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                prepare(channel);
              }
            })
        .connect(address);
  }
}
