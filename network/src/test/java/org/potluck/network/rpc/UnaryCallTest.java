package org.potluck.network.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.potluck.network.rpc.CallFixture.MINUTE;
import static org.potluck.network.rpc.CallFixture.SECOND;
import static org.potluck.network.rpc.CallFixture.value;
import static org.potluck.network.rpc.CallFixture.zeros;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.StreamEnd;
import org.potluck.network.proto.CallUnaryRequest;
import org.potluck.network.proto.PersistentConnectionRequest;
import org.potluck.network.rpc.CallFixture.RawEnd;

/** Calls in hivemind's framing, a stream each, as with a peer that speaks no lines. */
class UnaryCallTest {
  private static final UnaryMethod<BytesValue, BytesValue> METHOD =
      new UnaryMethod<>("Test.rpc_ask", BytesValue.parser(), BytesValue.parser(), 100_000);

  private final CallFixture peers = new CallFixture(5);

  UnaryCallTest() {
    withoutLines(peers);
  }

  @Test
  void aCallIsAnswered() {
    List<Object> callers = new ArrayList<>();
    peers.atBob.serve(
        METHOD,
        (caller, request) -> {
          callers.add(caller);
          ByteString twice = request.getValue().concat(request.getValue());
          return CompletableFuture.completedFuture(BytesValue.of(twice));
        });
    assertThat(peers.simulation.await(ask(value(1, 2)), MINUTE)).isEqualTo(value(1, 2, 1, 2));
    assertThat(callers).containsExactly(peers.alice.self());
  }

  @Test
  void anExceptionOfTheHandlerIsAnErrorAnswer() {
    peers.atBob.serve(
        METHOD,
        (_, _) -> {
          throw new IllegalStateException("boom");
        });
    peers
        .assertFails(ask(value(1)), Reason.REMOTE_ERROR)
        .hasMessageContaining("IllegalStateException(boom)");
  }

  @Test
  void aFailedFutureIsAnErrorAnswer() {
    peers.atBob.serve(
        METHOD, (_, _) -> CompletableFuture.failedFuture(new IllegalArgumentException("no")));
    peers.assertFails(ask(value(1)), Reason.REMOTE_ERROR).hasMessageContaining("(no)");
  }

  @Test
  void anUnansweredCallTimesOutAndIsCancelledAtTheOtherSide() {
    peers.atBob.serve(METHOD, (_, _) -> new CompletableFuture<>());
    peers.assertFails(ask(value(1)), Reason.TIMED_OUT);
    assertThat(peers.simulation.elapsed()).isEqualTo(SECOND);
    for (int i = 0; i < 200; i++) {
      peers.assertFails(ask(value(1)), Reason.TIMED_OUT);
    }
  }

  @Test
  void aCrashInTheMiddleOfACallEndsIt() {
    peers.atBob.serve(METHOD, (_, _) -> new CompletableFuture<>());
    CompletableFuture<BytesValue> call = ask(value(1));
    peers.simulation.runFor(SECOND.dividedBy(2));
    peers.simulation.crash(peers.bob);
    peers.assertFails(call, Reason.CLOSED);
    assertThat(peers.simulation.elapsed()).isLessThan(SECOND.dividedBy(2).plusMillis(10));
  }

  @Test
  void aTooLargeAnswerFailsTheCallerAtOnce() {
    peers.atBob.serve(METHOD, (_, _) -> CompletableFuture.completedFuture(zeros(100_001)));
    peers.assertFails(ask(value(1)), Reason.TOO_LARGE);
    assertThat(peers.simulation.elapsed()).isLessThan(SECOND.dividedBy(10));
  }

  @Test
  void aTooLargeRequestIsNotSent() {
    peers.assertFails(ask(zeros(100_001)), Reason.TOO_LARGE);
    assertThat(peers.alice.total().bytesSent()).isZero();
  }

  @Test
  void callsOverTheLimitAreRefused() {
    List<CompletableFuture<BytesValue>> waiting = new ArrayList<>();
    peers.atBob.serve(
        METHOD,
        (_, _) -> {
          CompletableFuture<BytesValue> answer = new CompletableFuture<>();
          waiting.add(answer);
          return answer;
        });
    List<CompletableFuture<BytesValue>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      calls.add(ask(value(i)));
    }
    peers.simulation.runFor(SECOND.dividedBy(2));
    assertThat(waiting).hasSize(64);
    assertThat(calls.stream().filter(call -> !call.isDone())).hasSize(64);
    assertThat(calls.stream().filter(call -> reason(call) == Reason.LIMITED)).hasSize(64);
    assertThat(calls.stream().filter(call -> reason(call) == Reason.CLOSED)).hasSize(72);

    peers.bob.loop().execute(() -> waiting.forEach(answer -> answer.complete(value(7))));
    peers.simulation.runFor(SECOND.dividedBy(4));
    assertThat(calls.subList(0, 64)).allMatch(call -> call.join().equals(value(7)));
    CompletableFuture<BytesValue> next = ask(value(1));
    peers.simulation.runFor(SECOND.dividedBy(4));
    assertThat(waiting).hasSize(65);
    assertThat(next.isDone()).isFalse();
  }

  @Test
  void anUnservedMethodIsUnsupported() {
    peers.assertFails(ask(value(1)), Reason.UNSUPPORTED_PROTOCOL);
  }

  @Test
  void theAnswerOnTheWireHasHivemindsForm() {
    peers.atBob.serve(METHOD, (_, request) -> CompletableFuture.completedFuture(request));
    RawEnd raw = peers.raw(METHOD.protocol());
    raw.stream().write(request());
    peers.simulation.runFor(SECOND);
    assertThat(raw.received())
        .containsExactly(
            // length; callId; unaryResponse { response { BytesValue { 9 } } }
            13, 0x0A, 4, 1, 2, 3, 4, 0x22, 5, 0x0A, 3, 0x0A, 1, 9);
  }

  @Test
  void theRequestOnTheWireHasHivemindsFormAndDoesNotHalfClose() throws IOException {
    RawEnd atBob = new RawEnd();
    peers.bob.handle(METHOD.protocol(), stream -> stream.handler(atBob));
    CompletableFuture<BytesValue> call = ask(value(9));
    peers.simulation.runFor(SECOND.dividedBy(2));
    PersistentConnectionRequest sent =
        PersistentConnectionRequest.parser()
            .parseDelimitedFrom(new ByteArrayInputStream(atBob.received()));
    assertThat(sent.getCallId().size()).isEqualTo(16);
    assertThat(sent.getCallId().byteAt(6) & 0xF0).isEqualTo(0x40);
    assertThat(sent.getCallId().byteAt(8) & 0xC0).isEqualTo(0x80);
    assertThat(sent.getCallUnary().getProto()).isEqualTo(METHOD.protocol());
    assertThat(sent.getCallUnary().getPeer().toByteArray()).isEqualTo(peers.bob.self().toBytes());
    assertThat(sent.getCallUnary().getData()).isEqualTo(value(9).toByteString());
    assertThat(atBob.ended).isFalse();
    assertThat(call).isNotDone();
  }

  @Test
  void aCallerThatHalfClosesGetsNoAnswer() {
    peers.atBob.serve(METHOD, (_, request) -> later(request));
    RawEnd raw = peers.raw(METHOD.protocol());
    raw.stream().write(request());
    raw.stream().closeWrite();
    peers.simulation.runUntilIdle();
    assertThat(raw.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
    assertThat(raw.received()).isEmpty();
  }

  @Test
  void aCallerThatNeverFinishesItsRequestIsReset() {
    peers.atBob.serve(METHOD, (_, request) -> later(request));
    RawEnd raw = peers.raw(METHOD.protocol());
    raw.stream().write(ByteBuffer.wrap(new byte[] {100, 1}));
    peers.simulation.runUntilIdle();
    assertThat(raw.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
  }

  @Test
  void randomRequestsNeitherBreakTheLoopNorReachTheHandlerUnparsed() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CallFixture fresh = new CallFixture(seed);
      withoutLines(fresh);
      fresh.atBob.serve(METHOD, (_, request) -> CompletableFuture.completedFuture(request));
      RawEnd raw = fresh.raw(METHOD.protocol());
      raw.stream().write(damaged(random, request()));
      if (random.nextBoolean()) {
        raw.stream().closeWrite();
      }
      fresh.simulation.runUntilIdle();
      assertThat(fresh.simulation.await(ask(fresh, value(3)), MINUTE))
          .as("seed %d", seed)
          .isEqualTo(value(3));
    }
  }

  @Test
  void randomAnswersFailTheCallOrAreAnswers() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CallFixture fresh = new CallFixture(seed);
      fresh.bob.handle(
          METHOD.protocol(),
          stream -> {
            stream.handler(new RawEnd());
            stream.write(damaged(random, request()));
            stream.closeWrite();
          });
      CompletableFuture<BytesValue> call = ask(fresh, value(3));
      fresh.simulation.runUntilIdle();
      assertThat(call).as("seed %d", seed).isCompletedExceptionally();
    }
  }

  /** What serves lines from the first method on is gone again when the second comes. */
  private static void withoutLines(CallFixture peers) {
    peers.atBob.serve(
        new UnaryMethod<>("Test.rpc_other", BytesValue.parser(), BytesValue.parser(), 1),
        (_, request) -> CompletableFuture.completedFuture(request));
    peers.bob.unhandle(CallFrame.PROTOCOL);
  }

  private CompletableFuture<BytesValue> later(BytesValue request) {
    CompletableFuture<BytesValue> answer = new CompletableFuture<>();
    peers.bob.loop().schedule(SECOND, () -> answer.complete(request));
    return answer;
  }

  private CompletableFuture<BytesValue> ask(BytesValue request) {
    return ask(peers, request);
  }

  private static CompletableFuture<BytesValue> ask(CallFixture peers, BytesValue request) {
    return peers.fromAlice.call(peers.bob.self(), METHOD, request, SECOND);
  }

  private static Reason reason(CompletableFuture<?> call) {
    return call.isCompletedExceptionally()
        ? ((NetworkException) call.exceptionNow()).reason()
        : Reason.UNREACHABLE;
  }

  private static ByteBuffer request() {
    return Framing.VARINT.encode(
        0,
        PersistentConnectionRequest.newBuilder()
            .setCallId(value(1, 2, 3, 4).getValue())
            .setCallUnary(
                CallUnaryRequest.newBuilder()
                    .setPeer(ByteString.EMPTY)
                    .setProto(METHOD.protocol())
                    .setData(value(9).toByteString()))
            .build());
  }

  /** Some bytes changed, some missing, or noise altogether. */
  static ByteBuffer damaged(SplittableRandom random, ByteBuffer frame) {
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    if (random.nextInt(4) == 0) {
      random.nextBytes(bytes);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1));
  }
}
