package org.potluck.network.libp2p.security;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import java.nio.channels.ClosedChannelException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/**
 * Waits for the end of the TLS handshake, checks who answered, and holds plaintext back until
 * whoever waits for the connection has added its own handlers. Then it passes everything on, and
 * stays for one thing: Netty's TLS reports a record that was changed on its way, but goes on.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // The outcome of writes and closes shows in the channel.
final class TlsGate extends ChannelInboundHandlerAdapter {
  private final SslHandler tls;
  private final Optional<PeerId> expected;
  private final InstantSource clock;
  private final Promise<SecuredConnection> done;
  private final Queue<Object> held = new ArrayDeque<>();
  private boolean open;

  TlsGate(
      SslHandler tls,
      Optional<PeerId> expected,
      InstantSource clock,
      Promise<SecuredConnection> done) {
    this.tls = tls;
    this.expected = expected;
    this.clock = clock;
    this.done = done;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
      ctx.fireUserEventTriggered(event);
    } else if (!handshake.isSuccess()) {
      fail(ctx, explain(handshake.cause()));
    } else {
      complete(ctx);
    }
  }

  private void complete(ChannelHandlerContext ctx) {
    try {
      SecuredConnection secured = secured();
      done.trySuccess(secured);
    } catch (NetworkException e) {
      fail(ctx, e);
      return;
    }
    // Listeners run now, or as tasks queued before this one.
    ctx.executor().execute(() -> open(ctx));
  }

  private SecuredConnection secured() throws NetworkException {
    PeerId remote;
    try {
      Certificate[] chain = tls.engine().getSession().getPeerCertificates();
      remote = CertificateCheck.remote(chain[0].getEncoded(), clock.instant());
    } catch (SSLPeerUnverifiedException | CertificateEncodingException e) {
      throw new NetworkException(Reason.PROTOCOL_VIOLATION, "the remote showed no certificate", e);
    }
    Remote.check(expected, remote);
    String agreed = tls.applicationProtocol();
    if (agreed == null) {
      throw new NetworkException(
          Reason.PROTOCOL_VIOLATION, "the remote speaks TLS but not libp2p's (no common ALPN)");
    }
    return new SecuredConnection(
        remote, agreed.equals(TlsSecurity.NO_EARLY_MUXER) ? Optional.empty() : Optional.of(agreed));
  }

  private static NetworkException explain(Throwable cause) {
    for (@Nullable Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof NetworkException known) {
        return known;
      }
      if (at instanceof ClosedChannelException) {
        return new NetworkException(
            Reason.CLOSED, "the connection ended during the TLS handshake", cause);
      }
      if (at instanceof SslHandshakeTimeoutException) {
        return new NetworkException(Reason.TIMED_OUT, "the TLS handshake took too long", cause);
      }
    }
    return new NetworkException(
        Reason.PROTOCOL_VIOLATION, "the TLS handshake failed: " + cause.getMessage(), cause);
  }

  private void fail(ChannelHandlerContext ctx, NetworkException why) {
    releaseHeld();
    done.tryFailure(why);
    ctx.close();
  }

  private void open(ChannelHandlerContext ctx) {
    if (open || ctx.isRemoved()) {
      return;
    }
    open = true;
    for (Object message = held.poll(); message != null; message = held.poll()) {
      ctx.fireChannelRead(message);
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (open) {
      ctx.fireChannelRead(message);
    } else if (done.isDone() && !done.isSuccess()) {
      ReferenceCountUtil.release(message);
    } else {
      held.add(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (done.isSuccess()) {
      open(ctx);
    } else {
      done.tryFailure(
          new NetworkException(Reason.CLOSED, "the connection ended during the TLS handshake"));
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (done.isSuccess()) {
      ctx.fireExceptionCaught(
          cause instanceof DecoderException
              ? new NetworkException(
                  Reason.PROTOCOL_VIOLATION, "a TLS record was changed on its way", cause)
              : cause);
      // Below TLS, which would wait seconds for its farewell that can no longer be written.
      ChannelHandlerContext below = ctx.pipeline().context(tls);
      if (below != null) {
        below.close();
      }
    } else {
      fail(ctx, explain(cause));
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    releaseHeld();
  }

  private void releaseHeld() {
    for (Object message = held.poll(); message != null; message = held.poll()) {
      ReferenceCountUtil.release(message);
    }
  }
}
