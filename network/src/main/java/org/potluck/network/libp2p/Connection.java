package org.potluck.network.libp2p;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Traffic;
import org.potluck.network.libp2p.yamux.YamuxSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One upgraded connection, kept under watch: a peer whose machine vanished says nothing, not even
 * good-bye, so both sides ask for a sign of life. Any byte is one, since the answer to a ping may
 * stand in line behind megabytes on a slow uplink.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final Channel channel;
  private final YamuxSession session;
  private final boolean dialed;
  private final TrafficMeter meter;
  private final Multiaddr address;
  private final EventLoop loop;
  private final Libp2pOptions options;
  private final Consumer<Connection> lost;
  private @Nullable Duration roundTrip;
  private EventLoop.@Nullable Timer watch;
  private boolean over;

  private Connection(
      Channel channel,
      YamuxSession session,
      boolean dialed,
      EventLoop loop,
      Libp2pOptions options,
      Consumer<Connection> lost) {
    this.channel = channel;
    this.session = session;
    this.dialed = dialed;
    this.meter = channel.pipeline().get(TrafficMeter.class);
    this.address =
        Multiaddr.ofTcp((InetSocketAddress) channel.remoteAddress()).withPeer(session.remote());
    this.loop = loop;
    this.options = options;
    this.lost = lost;
  }

  /**
   * @param lost runs once, after the streams have heard that the connection is gone
   */
  static Connection watch(
      Channel channel,
      YamuxSession session,
      boolean dialed,
      EventLoop loop,
      Libp2pOptions options,
      Consumer<Connection> lost) {
    Connection connection = new Connection(channel, session, dialed, loop, options, lost);
    channel.pipeline().addLast(connection);
    loop.execute(connection::keepAlive);
    return connection;
  }

  PeerId peer() {
    return session.remote();
  }

  YamuxSession session() {
    return session;
  }

  Multiaddr address() {
    return address;
  }

  /** Whether we dialed the remote, not it us. */
  boolean dialed() {
    return dialed;
  }

  boolean open() {
    return !over && channel.isActive();
  }

  Traffic bytes() {
    return meter.traffic();
  }

  PeerTraffic traffic() {
    return new PeerTraffic(peer(), meter.traffic(), Optional.ofNullable(roundTrip), false, address);
  }

  /** Whether something arrived lately, so that the remote is surely there. */
  boolean lively() {
    return silence().compareTo(options.keepAlive().multipliedBy(2)) < 0;
  }

  void close() {
    session.close();
  }

  ChannelFuture closed() {
    return channel.closeFuture();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.warn("connection to {} failed", peer(), cause);
    ChannelFuture _ = context.close();
  }

  private void end() {
    if (!over) {
      over = true;
      if (watch != null) {
        watch.cancel();
      }
      lost.accept(this);
    }
  }

  private void keepAlive() {
    if (!channel.isActive()) {
      end();
      return;
    }
    if (silence().compareTo(options.silenceMax()) > 0) {
      LOG.debug("nothing from {} for {}", peer(), silence());
      // No good-bye: nobody would hear it, and streams shall see a lost connection.
      ChannelFuture _ = channel.close();
      return;
    }
    session.ping(measured -> roundTrip = measured);
    watch = loop.schedule(options.keepAlive(), this::keepAlive);
  }

  private Duration silence() {
    return Duration.between(meter.lastHeard(), loop.now());
  }
}
