package org.potluck.network.simulation;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** Writes down all that happens on one stream. */
class Tape implements StreamHandler {
  static final String PROTOCOL = "/test/1";
  static final Duration SOON = Duration.ofSeconds(5);

  final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  @Nullable Stream stream;
  boolean ended;
  int writables;
  @Nullable StreamEnd end;

  /** Accepts streams at {@code network}, recording on one tape. */
  static Tape at(SimulatedNetwork network) {
    Tape tape = new Tape();
    network.handle(
        PROTOCOL,
        stream -> {
          tape.stream = stream;
          stream.handler(tape);
        });
    return tape;
  }

  /** Lets {@code from} know {@code to} and opens a stream, recording on this tape. */
  Stream open(Simulation simulation, SimulatedNetwork from, SimulatedNetwork to) {
    from.remember(to.self(), to.addresses());
    Stream opened =
        simulation.await(
            from.open(to.self(), PROTOCOL, SOON)
                .thenApply(
                    got -> {
                      got.handler(this);
                      return got;
                    }),
            SOON);
    stream = opened;
    return opened;
  }

  Stream stream() {
    Stream present = stream;
    if (present == null) {
      throw new AssertionError("no stream yet");
    }
    return present;
  }

  static ByteBuffer bytes(int count) {
    return ByteBuffer.wrap(array(count));
  }

  static byte[] array(int count) {
    byte[] bytes = new byte[count];
    for (int at = 0; at < count; at++) {
      bytes[at] = (byte) (at * 31 + (at >> 8));
    }
    return bytes;
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    byte[] copy = new byte[data.remaining()];
    data.get(copy);
    bytes.writeBytes(copy);
  }

  @Override
  public void endOfInput(Stream from) {
    ended = true;
  }

  @Override
  public void writable(Stream from) {
    writables++;
  }

  @Override
  public void closed(Stream from, StreamEnd how) {
    if (end != null) {
      throw new AssertionError("closed twice");
    }
    end = how;
  }
}
