package org.potluck.averaging.exchange;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.Network;
import org.potluck.network.Stream;

/**
 * The network of a member that takes part like any other, but says something else, or more, than it
 * should on the streams of one protocol; of {@link Rounds#PROTOCOL}, on those of {@link
 * Rounds#CONTROL} too.
 */
public final class Meddler {
  private final String protocol;
  private final BiFunction<Stream, ByteBuffer, ByteBuffer> change;
  private final List<Stream> streams = new ArrayList<>();
  private final List<Stream> controls = new ArrayList<>();
  private int opened;

  /**
   * @param change what is written in place of each buffer
   */
  public Meddler(String protocol, UnaryOperator<ByteBuffer> change) {
    this(protocol, (stream, data) -> change.apply(data));
  }

  /**
   * @param change what is written to a stream in place of each buffer; nothing where that is empty
   */
  public Meddler(String protocol, BiFunction<Stream, ByteBuffer, ByteBuffer> change) {
    this.protocol = protocol;
    this.change = change;
  }

  /** One that says all that it should, and more. */
  public Meddler(String protocol) {
    this(protocol, (stream, data) -> data);
  }

  /** What the member's averager is to use in place of {@code network}. */
  public Network around(Network network) {
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(),
            new Class<?>[] {Network.class},
            (proxy, method, arguments) -> {
              boolean control = controls(arguments);
              boolean meant =
                  control || (arguments != null && List.of(arguments).contains(protocol));
              if (meant && method.getName().equals("open")) {
                opened += control ? 0 : 1;
                CompletableFuture<?> opened =
                    (CompletableFuture<?>) call(network, method, arguments);
                return opened.thenApply(stream -> meddled((Stream) stream));
              }
              if (meant && method.getName().equals("handle")) {
                Network.StreamAcceptor acceptor = (Network.StreamAcceptor) arguments[1];
                network.handle((String) arguments[0], stream -> acceptor.accept(meddled(stream)));
                return null;
              }
              return call(network, method, arguments);
            });
  }

  private boolean controls(Object[] arguments) {
    return protocol.equals(Rounds.PROTOCOL)
        && arguments != null
        && List.of(arguments).contains(Rounds.CONTROL);
  }

  /** How often a stream of the protocol itself was to be opened. */
  int opened() {
    return opened;
  }

  /** How many others there are, or have been, with whom there are all streams. */
  int links() {
    return protocol.equals(Rounds.PROTOCOL)
        ? Math.min(streams.size(), controls.size())
        : streams.size();
  }

  /** Says {@code frame} to all at once, where such frames belong. */
  void say(ByteBuffer frame) {
    say(frame, isControl(frame));
  }

  /** Says it on the other streams than those where it belongs. */
  void sayElsewhere(ByteBuffer frame) {
    say(frame, !isControl(frame));
  }

  private void say(ByteBuffer frame, boolean control) {
    (control ? controls : streams).forEach(stream -> stream.write(frame.duplicate()));
  }

  private boolean isControl(ByteBuffer frame) {
    int number = frame.get(frame.position() + Integer.BYTES);
    return protocol.equals(Rounds.PROTOCOL)
        && Arrays.stream(FrameKind.values())
            .anyMatch(kind -> kind.wireNumber() == number && !kind.isChunk());
  }

  private Stream meddled(Stream stream) {
    (stream.protocol().equals(Rounds.CONTROL) ? controls : streams).add(stream);
    return (Stream)
        Proxy.newProxyInstance(
            Stream.class.getClassLoader(),
            new Class<?>[] {Stream.class},
            (proxy, method, arguments) ->
                method.getName().equals("write")
                    ? call(
                        stream,
                        method,
                        new Object[] {change.apply(stream, (ByteBuffer) arguments[0])})
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
