package org.potluck.averaging.exchange;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.potluck.network.Network;
import org.potluck.network.Stream;

/**
 * The network of a member that takes part like any other, but says something else, or more, than it
 * should on the streams of one protocol.
 */
public final class Meddler {
  private final String protocol;
  private final UnaryOperator<ByteBuffer> change;
  private final List<Stream> streams = new ArrayList<>();
  private int opened;

  /**
   * @param change what is written in place of each buffer
   */
  public Meddler(String protocol, UnaryOperator<ByteBuffer> change) {
    this.protocol = protocol;
    this.change = change;
  }

  /** One that says all that it should, and more. */
  public Meddler(String protocol) {
    this(protocol, data -> data);
  }

  /** What the member's averager is to use in place of {@code network}. */
  public Network around(Network network) {
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(),
            new Class<?>[] {Network.class},
            (proxy, method, arguments) -> {
              boolean meant = arguments != null && List.of(arguments).contains(protocol);
              if (meant && method.getName().equals("open")) {
                opened++;
                CompletableFuture<?> opened =
                    (CompletableFuture<?>) call(network, method, arguments);
                return opened.thenApply(stream -> meddled((Stream) stream));
              }
              if (meant && method.getName().equals("handle")) {
                Network.StreamAcceptor acceptor = (Network.StreamAcceptor) arguments[1];
                network.handle(protocol, stream -> acceptor.accept(meddled(stream)));
                return null;
              }
              return call(network, method, arguments);
            });
  }

  /** How often a stream was to be opened. */
  int opened() {
    return opened;
  }

  /** How many streams there are, or have been. */
  int links() {
    return streams.size();
  }

  /** Says {@code frame} to all at once. */
  void say(ByteBuffer frame) {
    streams.forEach(stream -> stream.write(frame.duplicate()));
  }

  private Stream meddled(Stream stream) {
    streams.add(stream);
    return (Stream)
        Proxy.newProxyInstance(
            Stream.class.getClassLoader(),
            new Class<?>[] {Stream.class},
            (proxy, method, arguments) ->
                method.getName().equals("write")
                    ? call(stream, method, new Object[] {change.apply((ByteBuffer) arguments[0])})
                    : call(stream, method, arguments));
  }

  private static Object call(Object on, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
