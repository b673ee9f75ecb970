package org.potluck.network.libp2p.security;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/**
 * Runs one Noise handshake over a channel. When it is through, this handler puts the two that
 * encrypt and decrypt behind itself, completes the promise, and leaves the pipeline; bytes that
 * arrived in the meantime then go the way of all others.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // The outcome of writes and closes shows in the channel.
final class NoiseHandshaker extends ByteToMessageDecoder {
  /** An RSA identity of 8192 bits with its signature and the extensions has half of it. */
  static final int MESSAGE_BYTES_MAX = 4_096;

  private enum Step {
    WAITS_FOR_FIRST,
    WAITS_FOR_SECOND,
    WAITS_FOR_THIRD,
    FINISHED,
    FAILED
  }

  private final NoiseHandshake handshake;
  private final boolean dialer;
  private final Optional<PeerId> expected;
  private final List<String> muxers;
  private final byte[] payload;
  private final Promise<SecuredConnection> done;
  private Step step;
  private @Nullable Future<?> timeout;
  private boolean started;

  NoiseHandshaker(
      NoiseHandshake handshake,
      boolean dialer,
      Optional<PeerId> expected,
      List<String> muxers,
      byte[] payload,
      Promise<SecuredConnection> done) {
    this.handshake = handshake;
    this.dialer = dialer;
    this.expected = expected;
    this.muxers = List.copyOf(muxers);
    this.payload = payload;
    this.done = done;
    step = dialer ? Step.WAITS_FOR_SECOND : Step.WAITS_FOR_FIRST;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (ctx.channel().isActive()) {
      start(ctx);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    start(ctx);
    ctx.fireChannelActive();
  }

  private void start(ChannelHandlerContext ctx) {
    if (started) {
      return;
    }
    started = true;
    timeout =
        ctx.executor()
            .schedule(
                () -> fail(ctx, Reason.TIMED_OUT, "the Noise handshake took too long", null),
                TlsSecurity.HANDSHAKE_MAX.toMillis(),
                TimeUnit.MILLISECONDS);
    if (dialer) {
      send(ctx, handshake.writeFirst());
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (step == Step.FAILED) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (step == Step.FINISHED || in.readableBytes() < 2) {
      return;
    }
    int length = in.getUnsignedShort(in.readerIndex());
    if (length > MESSAGE_BYTES_MAX) {
      fail(ctx, Reason.TOO_LARGE, "a Noise handshake message of " + length + " bytes", null);
      return;
    }
    if (in.readableBytes() < 2 + length) {
      return;
    }
    byte[] message = new byte[length];
    in.skipBytes(2).readBytes(message);
    try {
      read(ctx, message);
    } catch (NetworkException e) {
      fail(ctx, e);
    } catch (GeneralSecurityException e) {
      fail(ctx, Reason.PROTOCOL_VIOLATION, "the Noise handshake failed: " + e.getMessage(), e);
    }
  }

  private void read(ChannelHandlerContext ctx, byte[] message)
      throws GeneralSecurityException, NetworkException {
    switch (step) {
      case WAITS_FOR_FIRST -> {
        handshake.readFirst(message);
        step = Step.WAITS_FOR_THIRD;
        send(ctx, handshake.writeSecond(payload));
      }
      case WAITS_FOR_SECOND -> {
        NoiseIdentity remote = identify(handshake.readSecond(message));
        SecuredConnection secured =
            new SecuredConnection(remote.peer(), agree(muxers, remote.muxers()));
        send(ctx, handshake.writeThird(payload));
        finish(ctx, secured);
      }
      case WAITS_FOR_THIRD -> {
        NoiseIdentity remote = identify(handshake.readThird(message));
        finish(ctx, new SecuredConnection(remote.peer(), agree(remote.muxers(), muxers)));
      }
      case FINISHED, FAILED -> throw new IllegalStateException("no message is read when " + step);
    }
  }

  private NoiseIdentity identify(byte[] remotePayload) throws NetworkException {
    NoiseIdentity remote = NoiseIdentity.proven(remotePayload, handshake.remoteStatic());
    Remote.check(expected, remote.peer());
    return remote;
  }

  /** The first of the initiator's that both speak; left for later when one side lists none. */
  private static Optional<String> agree(List<String> initiators, List<String> responders)
      throws NetworkException {
    if (initiators.isEmpty() || responders.isEmpty()) {
      return Optional.empty();
    }
    for (String muxer : initiators) {
      if (responders.contains(muxer)) {
        return Optional.of(muxer);
      }
    }
    throw new NetworkException(
        Reason.UNSUPPORTED_PROTOCOL,
        "no muxer in common: " + initiators + " there or here, " + responders + " opposite");
  }

  private void finish(ChannelHandlerContext ctx, SecuredConnection secured) {
    step = Step.FINISHED;
    stopTimeout();
    NoiseHandshake.NoiseTransport transport = handshake.split();
    NoiseDecoder decoder = new NoiseDecoder(transport.receiving());
    NoiseEncoder encoder = new NoiseEncoder(ctx.channel(), transport.sending());
    ctx.pipeline().addAfter(ctx.name(), null, decoder);
    ctx.pipeline().addAfter(ctx.name(), null, encoder);
    done.trySuccess(secured);
    // Listeners run now, or as tasks queued before this one; leaving hands the rest on.
    ctx.executor().execute(() -> leave(ctx));
  }

  private void leave(ChannelHandlerContext ctx) {
    if (!ctx.isRemoved()) {
      ctx.pipeline().remove(this);
    }
  }

  private void fail(
      ChannelHandlerContext ctx, Reason reason, String message, @Nullable Exception cause) {
    fail(
        ctx,
        cause == null
            ? new NetworkException(reason, message)
            : new NetworkException(reason, message, cause));
  }

  private void fail(ChannelHandlerContext ctx, NetworkException why) {
    if (step == Step.FINISHED || step == Step.FAILED) {
      return;
    }
    step = Step.FAILED;
    stopTimeout();
    done.tryFailure(why);
    ctx.close();
  }

  private void stopTimeout() {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    if (step == Step.FINISHED) {
      leave(ctx);
      ctx.fireChannelInactive();
      return;
    }
    super.channelInactive(ctx);
    fail(ctx, Reason.CLOSED, "the connection ended during the Noise handshake", null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (step == Step.FINISHED) {
      ctx.fireExceptionCaught(cause);
    } else {
      fail(
          ctx,
          new NetworkException(
              Reason.CLOSED, "the connection broke during the Noise handshake", cause));
    }
  }

  private static void send(ChannelHandlerContext ctx, byte[] message) {
    ByteBuf frame = ctx.alloc().buffer(2 + message.length);
    frame.writeShort(message.length).writeBytes(message);
    ctx.writeAndFlush(frame);
  }
}
