package org.potluck.averaging;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.Stream;

/** Networks of machines with something wrong about them. */
final class Machines {
  private Machines() {}

  /** One whose clock is {@code ahead} of all others. */
  static Network withClock(Network network, Duration ahead) {
    EventLoop loop = network.loop();
    EventLoop skewed =
        new EventLoop() {
          @Override
          public InstantSource clock() {
            return () -> loop.clock().instant().plus(ahead);
          }

          @Override
          public Timer schedule(Duration delay, Runnable task) {
            return loop.schedule(delay, task);
          }

          @Override
          public boolean inLoop() {
            return loop.inLoop();
          }

          @Override
          public void execute(Runnable task) {
            loop.execute(task);
          }
        };
    return like(
        Network.class,
        network,
        (method, arguments) ->
            method.getName().equals("loop") ? skewed : call(network, method, arguments));
  }

  /**
   * One that writes to the streams that others open for {@code protocol} only what {@code allowed}
   * lets through.
   *
   * @param allowed by the bytes of a frame
   */
  static Network answering(Network network, String protocol, IntPredicate allowed) {
    return like(
        Network.class,
        network,
        (method, arguments) -> {
          if (method.getName().equals("handle") && arguments[0].equals(protocol)) {
            Network.StreamAcceptor acceptor = (Network.StreamAcceptor) arguments[1];
            network.handle(protocol, stream -> acceptor.accept(writing(stream, allowed)));
            return null;
          }
          return call(network, method, arguments);
        });
  }

  private static Stream writing(Stream stream, IntPredicate allowed) {
    return like(
        Stream.class,
        stream,
        (method, arguments) -> {
          boolean writes = method.getName().equals("write");
          if (writes && !allowed.test(((ByteBuffer) arguments[0]).remaining())) {
            return null;
          }
          return call(stream, method, arguments);
        });
  }

  /** What becomes of a call. */
  @FunctionalInterface
  private interface Calls {
    @Nullable Object become(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T like(Class<T> type, T real, Calls calls) {
    InvocationHandler handler =
        (_, method, arguments) ->
            calls.become(method, arguments == null ? new Object[0] : arguments);
    return type.cast(
        Proxy.newProxyInstance(real.getClass().getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static @Nullable Object call(Object real, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      throw cause == null ? e : cause;
    }
  }
}
