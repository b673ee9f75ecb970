package org.potluck.network.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.potluck.network.rpc.CallFixture.MINUTE;
import static org.potluck.network.rpc.CallFixture.SECOND;
import static org.potluck.network.rpc.CallFixture.value;
import static org.potluck.network.rpc.CallFixture.zeros;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.network.Bandwidth;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.StreamEnd;
import org.potluck.network.rpc.CallFixture.RawEnd;
import org.potluck.network.simulation.PeerProfile;

/** Calls that share a stream. */
class CallLineTest {
  private static final int BYTES_MAX = 4 << 20;
  private static final UnaryMethod<BytesValue, BytesValue> ECHO = method("Test.rpc_echo");
  private static final UnaryMethod<BytesValue, BytesValue> WAIT = method("Test.rpc_wait");
  private static final UnaryMethod<BytesValue, BytesValue> GIVE = method("Test.rpc_give");

  private final CallFixture peers = new CallFixture(7);
  private final List<CompletableFuture<BytesValue>> waiting = new ArrayList<>();

  CallLineTest() {
    serve(peers);
  }

  @Test
  void callsOfAllMethodsShareOneStream() {
    for (int i = 0; i < 20; i++) {
      assertThat(answer(ECHO, value(i))).isEqualTo(value(i));
      assertThat(answer(GIVE, value(3))).isEqualTo(zeros(3));
    }
    assertThat(peers.opened).isEqualTo(Map.of(CallFrame.PROTOCOL, 1));
  }

  @Test
  void aPeerWithoutLinesIsCalledOnStreamsUntilItConnectsAnew() {
    peers.bob.unhandle(CallFrame.PROTOCOL);
    for (int i = 0; i < 3; i++) {
      assertThat(answer(ECHO, value(i))).isEqualTo(value(i));
    }
    assertThat(peers.opened).isEqualTo(Map.of(CallFrame.PROTOCOL, 1, ECHO.protocol(), 3));
    peers.alice.disconnect(peers.bob.self());
    peers.simulation.runFor(SECOND);
    assertThat(answer(ECHO, value(4))).isEqualTo(value(4));
    assertThat(peers.opened).isEqualTo(Map.of(CallFrame.PROTOCOL, 2, ECHO.protocol(), 4));
  }

  @Test
  void aCallWaitsForNoOther() {
    CompletableFuture<BytesValue> slow = ask(WAIT, value(1));
    assertThat(answer(ECHO, value(2))).isEqualTo(value(2));
    assertThat(slow).isNotDone();
    peers.bob.loop().execute(() -> waiting.getFirst().complete(value(9)));
    assertThat(peers.simulation.await(slow, MINUTE)).isEqualTo(value(9));
  }

  @Test
  void longMessagesArriveWholeWhicheverWayTheyGo() {
    SplittableRandom random = new SplittableRandom(3);
    List<CompletableFuture<BytesValue>> answers = new ArrayList<>();
    List<BytesValue> requests = new ArrayList<>();
    for (int size :
        List.of(16 << 10, (16 << 10) + 1, 100_000, 1 << 20, 3 << 20, 2, 40_000, 70_000)) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      requests.add(BytesValue.of(ByteString.copyFrom(bytes)));
      answers.add(ask(ECHO, requests.getLast(), MINUTE));
    }
    for (int i = 0; i < requests.size(); i++) {
      assertThat(peers.simulation.await(answers.get(i), MINUTE)).isEqualTo(requests.get(i));
    }
  }

  @Test
  void aSmallAnswerOvertakesALargeOne() {
    Bandwidth slow = Bandwidth.ofMegabitsPerSecond(20);
    CallFixture home = new CallFixture(8, PeerProfile.datacenter().withBandwidth(slow, slow));
    serve(home);
    assertThat(home.simulation.await(ask(home, ECHO, value(1), SECOND), MINUTE))
        .isEqualTo(value(1));
    CompletableFuture<BytesValue> large = ask(home, GIVE, value(0, 0, 32), MINUTE);
    home.simulation.runFor(SECOND.dividedBy(10));
    Duration before = home.simulation.elapsed();
    assertThat(home.simulation.await(ask(home, ECHO, value(2), SECOND), MINUTE))
        .isEqualTo(value(2));
    // 64 KiB that wait in the stream, and two parts, are 40 ms; the 2 MiB are 840.
    assertThat(home.simulation.elapsed().minus(before)).isLessThan(Duration.ofMillis(50));
    assertThat(large).isNotDone();
    assertThat(home.simulation.await(large, MINUTE)).isEqualTo(zeros(2 << 20));
  }

  @Test
  void aCallThatTimedOutIsCancelledAndItsLineReplaced() {
    for (int i = 0; i < 200; i++) {
      peers.assertFails(ask(WAIT, value(1)), Reason.TIMED_OUT);
    }
    assertThat(waiting).hasSize(200);
    assertThat(peers.opened).isEqualTo(Map.of(CallFrame.PROTOCOL, 200));
    assertThat(answer(ECHO, value(2))).isEqualTo(value(2));
  }

  @Test
  void aLineThatIsNotUsedEnds() {
    RawEnd raw = new RawEnd();
    peers.bob.handle(
        CallFrame.PROTOCOL,
        stream -> {
          stream.handler(raw);
          stream.write(CallFrame.whole(CallFrame.Kind.ANSWER, 1, "", value(5)));
        });
    assertThat(answer(ECHO, value(1))).isEqualTo(value(5));
    peers.simulation.runFor(CallLines.LIFE.minus(SECOND));
    assertThat(raw.ended).isFalse();
    peers.simulation.runFor(SECOND.multipliedBy(2));
    assertThat(raw.ended).isTrue();
  }

  @Test
  void callsOverTheLimitAreRefused() {
    List<CompletableFuture<BytesValue>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      calls.add(ask(WAIT, value(i)));
    }
    peers.simulation.runFor(SECOND.dividedBy(2));
    assertThat(waiting).hasSize(64);
    assertThat(calls.stream().filter(call -> !call.isDone())).hasSize(64);
    assertThat(calls.stream().filter(call -> reason(call) == Reason.LIMITED)).hasSize(136);
    peers.bob.loop().execute(() -> List.copyOf(waiting).forEach(one -> one.complete(value(7))));
    peers.simulation.runFor(SECOND.dividedBy(4));
    assertThat(calls.subList(0, 64)).allMatch(call -> call.join().equals(value(7)));
    assertThat(answer(ECHO, value(2))).isEqualTo(value(2));
  }

  @Test
  void aCallThatIsNotAnsweredForLongGivesItsPlaceToAnother() {
    CompletableFuture<BytesValue> first = ask(WAIT, value(0), Duration.ofHours(1));
    for (int i = 1; i < 64; i++) {
      var _ = ask(WAIT, value(i), Duration.ofHours(1));
    }
    peers.simulation.runFor(RpcLimits.usual().answerLimit().plus(SECOND));
    assertThat(answer(ECHO, value(2))).isEqualTo(value(2));
    assertThat(first).isCompletedExceptionally();
  }

  @Test
  void whatIsTooLargeFailsAtOnce() {
    peers.assertFails(ask(GIVE, value(1, 0, 64)), Reason.TOO_LARGE);
    assertThat(peers.simulation.elapsed()).isLessThan(SECOND.dividedBy(10));
    RawEnd raw = peers.raw(CallFrame.PROTOCOL);
    raw.stream().write(request(1, ECHO.protocol(), BYTES_MAX + 1, new byte[8]));
    peers.simulation.runFor(SECOND);
    assertThat(text(raw)).contains("TOO_LARGE: the request takes 4194305 bytes");
    assertThat(raw.end).isNull();
  }

  @Test
  void theBytesOnTheWireAreAsDocumented() {
    RawEnd raw = peers.raw(CallFrame.PROTOCOL);
    raw.stream().write(request(258, ECHO.protocol(), 3, new byte[] {0x0A, 1, 9}));
    peers.simulation.runFor(SECOND);
    assertThat(raw.received()).containsExactly(0, 0, 0, 12, 1, 0, 0, 1, 2, 0, 0, 0, 3, 0x0A, 1, 9);
  }

  @Test
  void moreLongMessagesAtATimeThanAllowedEndTheLine() {
    RawEnd raw = peers.raw(CallFrame.PROTOCOL);
    for (int call = 1; call <= 4; call++) {
      raw.stream().write(request(call, ECHO.protocol(), 100, new byte[8]));
    }
    peers.simulation.runFor(SECOND);
    assertThat(raw.end).isNull();
    raw.stream().write(request(5, ECHO.protocol(), 100, new byte[8]));
    peers.simulation.runFor(SECOND);
    assertThat(raw.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
  }

  @Test
  void aRequestWhoseRestDoesNotComeEndsTheLine() {
    RawEnd raw = peers.raw(CallFrame.PROTOCOL);
    raw.stream().write(request(1, ECHO.protocol(), 100, new byte[8]));
    peers.simulation.runFor(MINUTE);
    assertThat(raw.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
  }

  @Test
  void aCallerThatReadsNothingIsNotReadEither() {
    RawEnd raw = peers.raw(CallFrame.PROTOCOL);
    raw.stream().pauseReading();
    for (int call = 1; call <= 4000; call++) {
      byte[] kilobyte = zeros(1000).toByteArray();
      raw.stream().write(request(call, ECHO.protocol(), kilobyte.length, kilobyte));
    }
    peers.simulation.runFor(MINUTE);
    // A window of answers is on its way, a quarter of a MiB waits, a window of requests is unread.
    assertThat(raw.stream().queuedBytes()).isGreaterThan(1 << 20);
    raw.stream().resumeReading();
    peers.simulation.runFor(MINUTE);
    assertThat(raw.stream().queuedBytes()).isZero();
  }

  @Test
  void aPeerMayHaveFewLines() {
    List<RawEnd> lines = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      lines.add(peers.raw(CallFrame.PROTOCOL));
    }
    peers.simulation.runFor(SECOND);
    assertThat(lines.stream().filter(line -> line.end == null)).hasSize(4);
    assertThat(lines.stream().filter(line -> line.end == StreamEnd.RESET_BY_REMOTE)).hasSize(2);
  }

  @Test
  void randomFramesNeitherBreakTheLoopNorKeepOthersFromCalling() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CallFixture fresh = new CallFixture(seed);
      serve(fresh);
      RawEnd raw = fresh.raw(CallFrame.PROTOCOL);
      for (int i = 0; i < 5; i++) {
        raw.stream().write(UnaryCallTest.damaged(random, anyFrame(random)));
      }
      if (random.nextBoolean()) {
        raw.stream().closeWrite();
      }
      fresh.simulation.runFor(SECOND);
      assertThat(fresh.simulation.await(ask(fresh, ECHO, value(3), SECOND), MINUTE))
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
          CallFrame.PROTOCOL,
          stream -> {
            stream.handler(new RawEnd());
            for (int i = 0; i < 5; i++) {
              stream.write(UnaryCallTest.damaged(random, anyFrame(random)));
            }
          });
      CompletableFuture<BytesValue> call = ask(fresh, ECHO, value(3), SECOND);
      fresh.simulation.runFor(MINUTE);
      assertThat(call).as("seed %d", seed).isDone();
    }
  }

  private static ByteBuffer anyFrame(SplittableRandom random) {
    int call = random.nextInt(3);
    return switch (random.nextInt(5)) {
      case 0 -> CallFrame.whole(CallFrame.Kind.REQUEST, call, ECHO.protocol(), value(1, 2));
      case 1 -> CallFrame.first(CallFrame.Kind.ANSWER, call, "", new byte[20_000]);
      case 2 -> CallFrame.part(call, new byte[20_000], 16 << 10);
      case 3 -> CallFrame.error(call, "no");
      default -> CallFrame.cancel(call);
    };
  }

  private void serve(CallFixture at) {
    at.atBob.serve(ECHO, (_, request) -> CompletableFuture.completedFuture(request));
    at.atBob.serve(
        WAIT,
        (_, _) -> {
          CompletableFuture<BytesValue> answer = new CompletableFuture<>();
          waiting.add(answer);
          return answer;
        });
    at.atBob.serve(
        GIVE,
        (_, request) -> {
          int size = 0;
          for (int i = 0; i < request.getValue().size(); i++) {
            size |= (request.getValue().byteAt(i) & 0xFF) << (8 * i);
          }
          return CompletableFuture.completedFuture(zeros(size));
        });
  }

  private BytesValue answer(UnaryMethod<BytesValue, BytesValue> method, BytesValue request) {
    return peers.simulation.await(ask(method, request), MINUTE);
  }

  private CompletableFuture<BytesValue> ask(
      UnaryMethod<BytesValue, BytesValue> method, BytesValue request) {
    return ask(method, request, SECOND);
  }

  private CompletableFuture<BytesValue> ask(
      UnaryMethod<BytesValue, BytesValue> method, BytesValue request, Duration limit) {
    return ask(peers, method, request, limit);
  }

  private static CompletableFuture<BytesValue> ask(
      CallFixture peers,
      UnaryMethod<BytesValue, BytesValue> method,
      BytesValue request,
      Duration limit) {
    return peers.fromAlice.call(peers.bob.self(), method, request, limit);
  }

  private static UnaryMethod<BytesValue, BytesValue> method(String name) {
    return new UnaryMethod<>(name, BytesValue.parser(), BytesValue.parser(), BYTES_MAX);
  }

  private static ByteBuffer request(int call, String method, int total, byte[] part) {
    byte[] name = method.getBytes(StandardCharsets.US_ASCII);
    int rest = 1 + 4 + 4 + 1 + name.length + part.length;
    return ByteBuffer.allocate(4 + rest)
        .putInt(rest)
        .put((byte) 0)
        .putInt(call)
        .putInt(total)
        .put((byte) name.length)
        .put(name)
        .put(part)
        .flip();
  }

  private static String text(RawEnd raw) {
    return new String(raw.received(), StandardCharsets.UTF_8);
  }

  private static Reason reason(CompletableFuture<?> call) {
    return call.isCompletedExceptionally()
        ? ((NetworkException) call.exceptionNow()).reason()
        : Reason.UNREACHABLE;
  }
}
