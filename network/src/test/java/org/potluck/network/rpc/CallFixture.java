package org.potluck.network.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Two peers that know each other and can call. */
class CallFixture {
  static final Duration SECOND = Duration.ofSeconds(1);
  static final Duration MINUTE = Duration.ofMinutes(1);

  final Simulation simulation;
  final SimulatedNetwork alice;
  final SimulatedNetwork bob;
  final Rpc fromAlice;
  final Rpc atBob;

  /** How many streams calls from alice asked for, by protocol. */
  final Map<String, Integer> opened = new TreeMap<>();

  CallFixture(long seed) {
    this(seed, PeerProfile.datacenter());
  }

  CallFixture(long seed, PeerProfile profile) {
    simulation = new Simulation(seed);
    alice = simulation.addPeer("alice", profile);
    bob = simulation.addPeer("bob", profile);
    alice.remember(bob.self(), bob.addresses());
    fromAlice = new Rpc(counting(alice), alice.random());
    atBob = new Rpc(bob, bob.random());
  }

  private Network counting(Network network) {
    InvocationHandler counter =
        (_, method, arguments) -> {
          if (method.getName().equals("open")) {
            opened.merge((String) arguments[1], 1, Integer::sum);
          }
          return method.invoke(network, arguments);
        };
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(), new Class<?>[] {Network.class}, counter);
  }

  static BytesValue value(int... bytes) {
    byte[] copy = new byte[bytes.length];
    for (int at = 0; at < bytes.length; at++) {
      copy[at] = (byte) bytes[at];
    }
    return BytesValue.of(ByteString.copyFrom(copy));
  }

  static BytesValue zeros(int count) {
    return BytesValue.of(ByteString.copyFrom(new byte[count]));
  }

  <T> AbstractThrowableAssert<?, ?> assertFails(CompletableFuture<T> call, Reason reason) {
    return assertThatThrownBy(() -> simulation.await(call, MINUTE))
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  /** A stream without any RPC on it, from alice to bob. */
  RawEnd raw(String protocol) {
    RawEnd raw = new RawEnd();
    raw.stream =
        simulation.await(
            alice
                .open(bob.self(), protocol, SECOND)
                .thenApply(
                    stream -> {
                      stream.handler(raw);
                      return stream;
                    }),
            SECOND);
    return raw;
  }

  /** Records what comes. */
  static final class RawEnd implements StreamHandler {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    @Nullable Stream stream;
    @Nullable StreamEnd end;
    boolean ended;

    Stream stream() {
      if (stream == null) {
        throw new AssertionError("no stream yet");
      }
      return stream;
    }

    byte[] received() {
      return bytes.toByteArray();
    }

    @Override
    public void received(Stream from, ByteBuffer data) {
      while (data.hasRemaining()) {
        bytes.write(data.get());
      }
    }

    @Override
    public void endOfInput(Stream from) {
      ended = true;
    }

    @Override
    public void closed(Stream from, StreamEnd how) {
      end = how;
    }
  }
}
