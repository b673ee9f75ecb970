package org.potluck.peer.bench.worker;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Plain TCP between all workers: what averaging is compared with. Blocking sockets, a thread for
 * each direction, whole vectors in memory at both ends as averaging has them; nothing encrypted,
 * nothing summed, nobody waits for anything.
 */
final class RawMesh implements AutoCloseable {
  private static final int CHUNK = 512 * 1024;

  private final ServerSocketChannel server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<@Nullable SocketChannel> sockets = new ArrayList<>();
  private List<ByteBuffer> outgoing = List.of();
  private List<ByteBuffer> incoming = List.of();

  RawMesh(String host) throws IOException {
    server = ServerSocketChannel.open().bind(new InetSocketAddress(host, 0));
  }

  int port() {
    return server.socket().getLocalPort();
  }

  /** Later workers dial earlier ones and say who they are. */
  void connect(Order.Connect order) throws IOException {
    closeSockets();
    int count = order.ports().size();
    for (int i = 0; i < count; i++) {
      sockets.add(null);
    }
    for (int i = 0; i < order.self(); i++) {
      InetSocketAddress address = new InetSocketAddress(order.hosts().get(i), order.ports().get(i));
      SocketChannel socket = SocketChannel.open(address);
      write(socket, ByteBuffer.allocate(Integer.BYTES).putInt(0, order.self()));
      sockets.set(i, socket);
    }
    for (int i = order.self() + 1; i < count; i++) {
      SocketChannel socket = server.accept();
      ByteBuffer who = ByteBuffer.allocate(Integer.BYTES);
      read(socket, who);
      sockets.set(who.getInt(0), socket);
    }
  }

  void move(Order.Move order) throws IOException, InterruptedException {
    outgoing = buffers(outgoing, order.to());
    incoming = buffers(incoming, order.from());
    List<Callable<Void>> work = new ArrayList<>();
    for (int i = 0; i < sockets.size(); i++) {
      SocketChannel socket = sockets.get(i);
      if (socket != null) {
        ByteBuffer to = outgoing.get(i).clear();
        ByteBuffer from = incoming.get(i).clear();
        work.add(() -> write(socket, to));
        work.add(() -> read(socket, from));
      }
    }
    for (Future<Void> part : threads.invokeAll(work)) {
      try {
        Void _ = part.get();
      } catch (ExecutionException e) {
        throw new IOException("a plain connection failed", e);
      }
    }
  }

  private static List<ByteBuffer> buffers(List<ByteBuffer> are, List<Integer> sizes) {
    return are.stream().map(ByteBuffer::capacity).toList().equals(sizes)
        ? are
        : sizes.stream().map(ByteBuffer::allocateDirect).toList();
  }

  private static @Nullable Void write(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      bytes.limit(Math.min(bytes.position() + CHUNK, bytes.capacity()));
      while (bytes.hasRemaining()) {
        int _ = to.write(bytes);
      }
      bytes.limit(bytes.capacity());
    }
    return null;
  }

  private static @Nullable Void read(SocketChannel from, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (from.read(bytes) < 0) {
        throw new EOFException(bytes.remaining() + " bytes are missing");
      }
    }
    return null;
  }

  private void closeSockets() throws IOException {
    for (SocketChannel socket : sockets) {
      if (socket != null) {
        socket.close();
      }
    }
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    threads.shutdownNow();
    server.close();
    closeSockets();
  }
}
