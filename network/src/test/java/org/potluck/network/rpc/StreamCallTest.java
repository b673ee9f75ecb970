package org.potluck.network.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.potluck.network.rpc.CallFixture.MINUTE;
import static org.potluck.network.rpc.CallFixture.SECOND;
import static org.potluck.network.rpc.CallFixture.value;
import static org.potluck.network.rpc.CallFixture.zeros;

import com.google.protobuf.BytesValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.network.NetworkException;
import org.potluck.network.rpc.CallFixture.RawEnd;

class StreamCallTest {
  private static final StreamMethod<BytesValue, BytesValue> METHOD =
      new StreamMethod<>("Test.rpc_stream", BytesValue.parser(), BytesValue.parser(), 100_000);

  private final CallFixture peers = new CallFixture(6);
  private final Log atAlice = new Log();
  private final Log atBob = new Log();

  @Test
  void messagesPassBothWaysAndBothSidesEnd() {
    echo(peers);
    MessageStream<BytesValue> call = begin();
    for (int i = 0; i < 100; i++) {
      call.send(value(i));
    }
    call.end();
    peers.simulation.runUntilIdle();
    assertThat(atAlice.messages).hasSize(100).element(42).isEqualTo(value(42));
    assertThat(atAlice.events).containsExactly("end", "closed FINE");
    assertThat(atBob.events).containsExactly("end", "closed FINE");
  }

  @Test
  void aSlowReceiverStopsTheSender() {
    echo(peers);
    MessageStream<BytesValue> call = begin();
    atBob.answers().pauseReceiving();
    int sent = 0;
    while (call.writable()) {
      call.send(zeros(50_000));
      sent++;
      peers.simulation.runFor(SECOND);
    }
    assertThat(sent).isBetween(21, 40);
    assertThat(atBob.messages).isEmpty();
    atBob.answers().resumeReceiving();
    peers.simulation.runFor(SECOND);
    assertThat(atBob.messages).hasSize(sent);
    assertThat(atAlice.events).containsExactly("writable");
  }

  @Test
  void anExceptionOfTheServerIsAnErrorAtTheCaller() {
    peers.atBob.serve(
        METHOD,
        (_, answers) -> {
          answers.send(value(1));
          return message -> {
            throw new IllegalStateException("boom");
          };
        });
    begin().send(value(2));
    peers.simulation.runUntilIdle();
    assertThat(atAlice.messages).containsExactly(value(1));
    assertThat(atAlice.events).containsExactly("closed REMOTE_ERROR");
    assertThat(atAlice.text()).contains("IllegalStateException(boom)");
  }

  @Test
  void aCancelledCallEndsAtTheOtherSide() {
    echo(peers);
    begin().cancel();
    peers.simulation.runUntilIdle();
    assertThat(atAlice.events).containsExactly("closed CLOSED");
    assertThat(atBob.events).containsExactly("closed CLOSED");
  }

  @Test
  void aCrashEndsTheCall() {
    echo(peers);
    begin();
    peers.simulation.crash(peers.bob);
    peers.simulation.runUntilIdle();
    assertThat(atAlice.events).containsExactly("closed CLOSED");
  }

  @Test
  void silenceEndsTheCallAtTheIdleLimit() {
    echo(peers);
    begin().idleLimit(SECOND);
    peers.simulation.runUntilIdle();
    assertThat(atAlice.events).containsExactly("closed TIMED_OUT");
  }

  @Test
  void anAnswerThatEndsInTheMiddleOfAFrameIsAnError() {
    peers.bob.handle(
        METHOD.protocol(),
        stream -> {
          stream.handler(new RawEnd());
          ByteBuffer frame = Framing.MARKED_INT64.encode(0, zeros(100));
          stream.write(frame.limit(50));
          stream.closeWrite();
        });
    begin();
    peers.simulation.runUntilIdle();
    assertThat(atAlice.events).containsExactly("closed CLOSED");
    assertThat(atAlice.text()).contains("in the middle");
  }

  @Test
  void aCallerThatLeavesWithoutEndMarkerDidNotFinish() {
    echo(peers);
    RawEnd raw = peers.raw(METHOD.protocol());
    raw.stream().write(Framing.MARKED_INT64.encode(0, value(1)));
    raw.stream().closeWrite();
    peers.simulation.runUntilIdle();
    assertThat(atBob.messages).containsExactly(value(1));
    assertThat(atBob.events).containsExactly("closed CLOSED");
  }

  @Test
  void aMessageOverTheLimitIsAViolation() {
    echo(peers);
    RawEnd raw = peers.raw(METHOD.protocol());
    raw.stream().write(Framing.MARKED_INT64.encode(0, zeros(100_001)));
    peers.simulation.runUntilIdle();
    assertThat(atBob.events).containsExactly("closed PROTOCOL_VIOLATION");
    assertThat(raw.end).isNotNull();
  }

  @Test
  void callsOverTheLimitAreRefused() {
    echo(peers);
    List<Log> logs = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      logs.add(new Log());
      var _ = peers.fromAlice.open(peers.bob.self(), METHOD, logs.get(i), SECOND);
    }
    peers.simulation.runFor(SECOND);
    assertThat(logs.stream().filter(log -> log.events.contains("closed LIMITED"))).hasSize(6);
  }

  @Test
  void randomBytesNeverBreakTheLoop() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CallFixture fresh = new CallFixture(seed);
      echo(fresh);
      RawEnd raw = fresh.raw(METHOD.protocol());
      for (int i = 0; i < 3; i++) {
        ByteBuffer frame = Framing.MARKED_INT64.encode(random.nextInt(2), value(1, 2, 3));
        raw.stream().write(UnaryCallTest.damaged(random, frame));
      }
      raw.stream().closeWrite();
      fresh.simulation.runUntilIdle();
      assertThat(atBob.closed).as("seed %d", seed).isEqualTo((int) seed + 1);
    }
  }

  private void echo(CallFixture where) {
    where.atBob.serve(
        METHOD,
        (_, answers) -> {
          atBob.answers = answers;
          return atBob;
        });
    atBob.echo = true;
  }

  private MessageStream<BytesValue> begin() {
    return peers.simulation.await(
        peers.fromAlice.open(peers.bob.self(), METHOD, atAlice, SECOND), MINUTE);
  }

  /** Writes down what a receiver hears; echoes if told to. */
  private static final class Log implements MessageReceiver<BytesValue> {
    final List<BytesValue> messages = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    Optional<NetworkException> trouble = Optional.empty();
    @Nullable MessageStream<BytesValue> answers;
    boolean echo;
    int closed;

    MessageStream<BytesValue> answers() {
      if (answers == null) {
        throw new AssertionError("nothing to answer");
      }
      return answers;
    }

    String text() {
      return String.valueOf(trouble.orElseThrow().getMessage());
    }

    @Override
    public void message(BytesValue message) {
      messages.add(message);
      if (echo) {
        answers().send(message);
      }
    }

    @Override
    public void endOfMessages() {
      events.add("end");
      if (echo) {
        answers().end();
      }
    }

    @Override
    public void writable() {
      events.add("writable");
    }

    @Override
    public void closed(Optional<NetworkException> why) {
      trouble = why;
      closed++;
      events.add("closed " + why.map(e -> e.reason().name()).orElse("FINE"));
    }
  }
}
