package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;
import org.potluck.network.Traffic;

/**
 * The network of a member whose machine damages what it sends: bits flip in chunks, frames come
 * twice, cut off, too large, or of a kind that does not exist.
 */
public record BrokenMachine(Network network, RandomGenerator random, int oneIn) implements Network {

  private Stream broken(Stream stream) {
    return new Stream() {
      @Override
      public void write(ByteBuffer data) {
        if (data.remaining() > 64 && random.nextInt(oneIn) == 0) {
          damage(data);
        } else {
          stream.write(data);
        }
      }

      private void damage(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        switch (random.nextInt(6)) {
          case 0, 1 -> {
            bytes[5 + random.nextInt(bytes.length - 5)] ^= (byte) (1 << random.nextInt(8));
            stream.write(ByteBuffer.wrap(bytes));
          }
          case 2 -> {
            stream.write(ByteBuffer.wrap(bytes.clone()));
            stream.write(ByteBuffer.wrap(bytes));
          }
          case 3 -> stream.write(ByteBuffer.wrap(bytes, 0, bytes.length / 2));
          case 4 ->
              stream.write(
                  Frames.header(FrameKind.CONTRIBUTION, AveragingOptions.CHUNK_BYTES_LIMIT * 2));
          default -> stream.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 2, 99, 1}));
        }
      }

      @Override
      public PeerId remote() {
        return stream.remote();
      }

      @Override
      public String protocol() {
        return stream.protocol();
      }

      @Override
      public void handler(StreamHandler handler) {
        stream.handler(
            new StreamHandler() {
              @Override
              public void received(Stream from, ByteBuffer data) {
                handler.received(from, data);
              }

              @Override
              public void endOfInput(Stream from) {
                handler.endOfInput(from);
              }

              @Override
              public void writable(Stream from) {
                handler.writable(from);
              }

              @Override
              public void closed(Stream from, org.potluck.network.StreamEnd end) {
                handler.closed(from, end);
              }
            });
      }

      @Override
      public boolean writable() {
        return stream.writable();
      }

      @Override
      public long queuedBytes() {
        return stream.queuedBytes();
      }

      @Override
      public void closeWrite() {
        stream.closeWrite();
      }

      @Override
      public void reset() {
        stream.reset();
      }

      @Override
      public void pauseReading() {
        stream.pauseReading();
      }

      @Override
      public void resumeReading() {
        stream.resumeReading();
      }

      @Override
      public void highWater(int bytes) {
        stream.highWater(bytes);
      }

      @Override
      public void idleLimit(Duration limit) {
        stream.idleLimit(limit);
      }
    };
  }

  @Override
  public CompletableFuture<Stream> open(PeerId peer, String protocol, Duration timeout) {
    return network.open(peer, protocol, timeout).thenApply(this::broken);
  }

  @Override
  public void handle(String protocol, StreamAcceptor acceptor) {
    network.handle(protocol, stream -> acceptor.accept(broken(stream)));
  }

  @Override
  public Identity identity() {
    return network.identity();
  }

  @Override
  public EventLoop loop() {
    return network.loop();
  }

  @Override
  public List<Multiaddr> addresses() {
    return network.addresses();
  }

  @Override
  public void remember(PeerId peer, List<Multiaddr> addresses) {
    network.remember(peer, addresses);
  }

  @Override
  public List<Multiaddr> addressesOf(PeerId peer) {
    return network.addressesOf(peer);
  }

  @Override
  public CompletableFuture<PeerId> connect(Multiaddr address, Duration timeout) {
    return network.connect(address, timeout);
  }

  @Override
  public void unhandle(String protocol) {
    network.unhandle(protocol);
  }

  @Override
  public List<PeerId> connectedPeers() {
    return network.connectedPeers();
  }

  @Override
  public Optional<PeerTraffic> traffic(PeerId peer) {
    return network.traffic(peer);
  }

  @Override
  public Traffic total() {
    return network.total();
  }

  @Override
  public void listen(ConnectionListener listener) {
    network.listen(listener);
  }

  @Override
  public void disconnect(PeerId peer) {
    network.disconnect(peer);
  }

  @Override
  public CompletableFuture<Void> close() {
    return network.close();
  }
}
