package org.potluck.network.libp2p;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.potluck.network.Multiaddr;

/** Accepts TCP connections, as many as allowed overall and from each IP address. */
final class Listener {
  private final Sockets sockets;
  private final Libp2pOptions options;
  private final Consumer<Channel> accepted;
  private final List<Channel> servers = new ArrayList<>();
  private final Map<InetAddress, Integer> fromAddress = new LinkedHashMap<>();

  Listener(Sockets sockets, Libp2pOptions options, Consumer<Channel> accepted) {
    this.sockets = sockets;
    this.options = options;
    this.accepted = accepted;
  }

  /** Waits until the address is bound; not on the loop. */
  void bind(Multiaddr address) throws ListenException, InterruptedException {
    InetSocketAddress socket =
        address
            .tcpSocket()
            .filter(at -> !at.isUnresolved())
            .orElseThrow(
                () ->
                    new ListenException(
                        address,
                        new IllegalArgumentException("it is no IP address with TCP port")));
    ChannelFuture bound =
        Transport.HERE
            .listener()
            .group(sockets.loop())
            .option(ChannelOption.SO_BACKLOG, 256)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Sockets.WATER_MARK)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Sockets.receiveBuffers())
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel);
                  }
                })
            .bind(socket)
            .await();
    if (!bound.isSuccess()) {
      throw new ListenException(address, bound.cause());
    }
    servers.add(bound.channel());
  }

  /** Where it listens, with the ports that were found. */
  List<InetSocketAddress> bound() {
    return servers.stream().map(server -> (InetSocketAddress) server.localAddress()).toList();
  }

  List<ChannelFuture> close() {
    return servers.stream().map(Channel::close).toList();
  }

  private void accept(SocketChannel channel) {
    InetAddress from = channel.remoteAddress().getAddress();
    int open = fromAddress.getOrDefault(from, 0);
    if (sockets.open() >= options.connectionsMax()
        || (open >= options.connectionsPerAddressMax() && !from.isLoopbackAddress())) {
      ChannelFuture _ = channel.close();
      return;
    }
    fromAddress.put(from, open + 1);
    channel
        .closeFuture()
        .addListener(
            _ -> fromAddress.computeIfPresent(from, (_, count) -> count > 1 ? count - 1 : null));
    sockets.prepare(channel);
    accepted.accept(channel);
  }
}
