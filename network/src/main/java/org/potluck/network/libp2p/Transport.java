package org.potluck.network.libp2p;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/**
 * How this system carries TCP: by epoll on Linux, elsewhere by Java's own selectors.
 *
 * <p>Linux lets a socket's send buffer grow to several times what is on the way, megabytes on a
 * slow uplink behind a long queue. What lies there is sent in the order in which it was written,
 * and the answer that somebody waits for is written last. So Linux is told to take little beyond
 * what it has sent (TCP_NOTSENT_LOWAT, {@link UnsentLimit}), which costs no speed on long paths, as
 * a short send buffer would. Java does not offer that option, Netty's epoll does.
 */
enum Transport {
  EPOLL,
  NIO;

  /** The one that this process uses. */
  static final Transport HERE = Epoll.isAvailable() ? EPOLL : NIO;

  IoHandlerFactory ioHandler() {
    return switch (this) {
      case EPOLL -> EpollIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  /** Dials with this transport's sockets. */
  Bootstrap dialer() {
    return switch (this) {
      case EPOLL -> new Bootstrap().channel(EpollSocketChannel.class);
      case NIO -> new Bootstrap().channel(NioSocketChannel.class);
    };
  }

  /** Accepts with this transport's sockets. */
  ServerBootstrap listener() {
    return switch (this) {
      case EPOLL -> new ServerBootstrap().channel(EpollServerSocketChannel.class);
      case NIO -> new ServerBootstrap().channel(NioServerSocketChannel.class);
    };
  }

  /** Lets {@code socket} hold so many bytes that are not on the way, where that can be told. */
  void limitUnsent(Channel socket, int bytes) {
    if (this == NIO || !socket.isOpen()) {
      return;
    }
    try {
      boolean _ = socket.config().setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) bytes);
    } catch (ChannelException e) {
      // A system that passes for Linux and lacks the option: its buffers are as long as it likes.
    }
  }
}
