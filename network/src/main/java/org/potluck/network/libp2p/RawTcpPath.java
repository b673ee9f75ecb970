package org.potluck.network.libp2p;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Two blocking sockets and nothing else; a new pair each time. */
final class RawTcpPath implements BenchPath {
  @Override
  public void move(long bytes) throws IOException, InterruptedException {
    try (ServerSocketChannel server =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel from = SocketChannel.open(server.getLocalAddress());
        SocketChannel to = server.accept()) {
      Thread sender = Thread.ofPlatform().start(() -> send(from, bytes));
      ByteBuffer chunk = ByteBuffer.allocateDirect(NetworkBench.CHUNK);
      long received = 0;
      for (int size = 0; size >= 0 && received < bytes; received += size) {
        size = to.read(chunk.clear());
      }
      sender.join();
    }
  }

  private static void send(SocketChannel socket, long bytes) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(NetworkBench.CHUNK);
    try {
      for (long sent = 0; sent < bytes; ) {
        chunk.clear().limit((int) Math.min(NetworkBench.CHUNK, bytes - sent));
        while (chunk.hasRemaining()) {
          sent += socket.write(chunk);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("the sender of the benchmark failed", e);
    }
  }

  @Override
  public void close() {}
}
