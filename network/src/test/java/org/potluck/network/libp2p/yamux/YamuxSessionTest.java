package org.potluck.network.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** A listener's session that is told frames by hand. */
class YamuxSessionTest {
  private static final PeerId REMOTE = Identity.generate(new SplittableRandom(1)).peerId();

  private final QueueLoop loop = new QueueLoop();
  private final List<Taker> takers = new ArrayList<>();
  private boolean pause;
  private final YamuxSession session =
      new YamuxSession(
          false, REMOTE, loop, YamuxOptions.DEFAULTS, new WindowBudget(512 << 20), this::take);
  private final EmbeddedChannel channel = new EmbeddedChannel(session);

  @Test
  void payloadPassesAsItArrives() {
    send(frame(Frame.DATA, Frame.SYN, 1, 1000));
    send(Unpooled.wrappedBuffer(new byte[400]));
    assertThat(takers.getFirst().bytes).isEqualTo(400);
    send(Unpooled.wrappedBuffer(new byte[600]));
    assertThat(takers.getFirst().bytes).isEqualTo(1000);
    channel.finishAndReleaseAll();
  }

  @Test
  void finMayRideOnData() {
    send(frame(Frame.DATA, Frame.SYN | Frame.FIN, 1, 3));
    assertThat(takers.getFirst().inputEnded).isFalse();
    send(Unpooled.wrappedBuffer(new byte[3]));
    assertThat(takers.getFirst().inputEnded).isTrue();
    takers.getFirst().stream.closeWrite();
    assertThat(takers.getFirst().end).isEqualTo(StreamEnd.FINISHED);
    assertThat(session.streams()).isZero();
    channel.finishAndReleaseAll();
  }

  @Test
  void theEndWaitsForThePreamble() {
    Taker taker = new Taker(session.open().orElseThrow());
    YamuxStream stream = (YamuxStream) taker.stream;
    stream.preamble(data -> data.get() == 7);
    stream.handler(taker);
    stream.closeWrite();
    assertThat(frames(Frame.WINDOW_UPDATE, Frame.FIN)).isZero();
    send(Unpooled.wrappedBuffer(frame(Frame.DATA, 0, 2, 1), Unpooled.wrappedBuffer(crumb(7))));
    assertThat(frames(Frame.WINDOW_UPDATE, Frame.FIN)).isOne();
    assertThat(taker.bytes).isZero();
    channel.finishAndReleaseAll();
  }

  @Test
  void aRemoteThatEndsInThePreambleEndsIt() {
    Taker taker = new Taker(session.open().orElseThrow());
    YamuxStream stream = (YamuxStream) taker.stream;
    stream.preamble(_ -> false);
    stream.handler(taker);
    stream.closeWrite();
    send(frame(Frame.WINDOW_UPDATE, Frame.FIN, 2, 0));
    assertThat(frames(Frame.WINDOW_UPDATE, Frame.FIN)).isOne();
    assertThat(taker.end).isEqualTo(StreamEnd.FINISHED);
    channel.finishAndReleaseAll();
  }

  @Test
  void moreThanTheWindowEndsTheConnection() {
    pause = true;
    send(frame(Frame.DATA, Frame.SYN, 1, Frame.WINDOW_BYTES_INITIAL));
    send(Unpooled.wrappedBuffer(new byte[Frame.WINDOW_BYTES_INITIAL]));
    assertThat(channel.isActive()).isTrue();
    send(frame(Frame.DATA, 0, 1, 1));
    assertThat(channel.isActive()).isFalse();
    assertThat(takers.getFirst().end).isEqualTo(StreamEnd.CONNECTION_LOST);
    channel.finishAndReleaseAll();
  }

  @Test
  void creditComesOnlyWithConsumption() {
    pause = true;
    send(frame(Frame.DATA, Frame.SYN, 1, Frame.WINDOW_BYTES_INITIAL));
    send(Unpooled.wrappedBuffer(new byte[Frame.WINDOW_BYTES_INITIAL]));
    assertThat(written(Frame.WINDOW_UPDATE, 0)).isZero();
    takers.getFirst().stream.resumeReading();
    assertThat(written(Frame.WINDOW_UPDATE, 0)).isGreaterThanOrEqualTo(Frame.WINDOW_BYTES_INITIAL);
    channel.finishAndReleaseAll();
  }

  @Test
  void crumbsThatNobodyReadsArriveInOrderLater() {
    pause = true;
    send(frame(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0));
    for (int i = 0; i < 20_000; i++) {
      send(Unpooled.wrappedBuffer(frame(Frame.DATA, 0, 1, 1), Unpooled.wrappedBuffer(crumb(i))));
    }
    assertThat(takers.getFirst().bytes).isZero();
    takers.getFirst().stream.resumeReading();
    assertThat(takers.getFirst().bytes).isEqualTo(20_000);
    assertThat(takers.getFirst().outOfOrder).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void aPingIsAnswered() {
    send(frame(Frame.PING, Frame.SYN, 0, 77));
    assertThat(written(Frame.PING, Frame.ACK)).isEqualTo(77);
    channel.finishAndReleaseAll();
  }

  @Test
  void aStreamWithOurOwnParityEndsTheConnection() {
    send(frame(Frame.WINDOW_UPDATE, Frame.SYN, 2, 0));
    assertThat(channel.isActive()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void streamsBeyondTheLimitAreReset() {
    for (int i = 0; i < 1200; i++) {
      send(frame(Frame.WINDOW_UPDATE, Frame.SYN, 1 + 2 * i, 0));
    }
    assertThat(channel.isActive()).isTrue();
    assertThat(session.streams()).isLessThanOrEqualTo(YamuxOptions.DEFAULTS.streamsMax());
    assertThat((long) session.streams() * Frame.WINDOW_BYTES_INITIAL)
        .isLessThanOrEqualTo(YamuxOptions.DEFAULTS.windowsBytesMax());
    channel.finishAndReleaseAll();
  }

  @Test
  void aFloodOfStreamsEndsTheConnection() {
    int opened = 0;
    for (int id = 1; channel.isActive() && opened < 5000; id += 2) {
      send(frame(Frame.WINDOW_UPDATE, Frame.SYN, id, 0));
      opened++;
    }
    assertThat(opened).isLessThan(3000);
    assertThat(takers).allMatch(taker -> taker.end == StreamEnd.CONNECTION_LOST);
    channel.finishAndReleaseAll();
  }

  @Test
  void aStormOfResetsEndsTheConnection() {
    int opened = 0;
    for (int id = 1; channel.isActive() && opened < 5000; id += 2) {
      send(frame(Frame.WINDOW_UPDATE, Frame.SYN, id, 0));
      send(frame(Frame.WINDOW_UPDATE, Frame.RST, id, 0));
      opened++;
    }
    assertThat(opened).isBetween(1000, 1100);
    assertThat(takers).allMatch(taker -> taker.end != null);
    channel.finishAndReleaseAll();
  }

  @Test
  void streamsThatFinishPayForSomeThatAreReset() {
    for (int id = 1; id < 10_000; id += 4) {
      send(frame(Frame.WINDOW_UPDATE, Frame.SYN | Frame.FIN, id, 0));
      takers.getLast().stream.closeWrite();
      assertThat(takers.getLast().end).isEqualTo(StreamEnd.FINISHED);
      send(frame(Frame.WINDOW_UPDATE, Frame.SYN, id + 2, 0));
      send(frame(Frame.WINDOW_UPDATE, Frame.RST, id + 2, 0));
    }
    assertThat(channel.isActive()).isTrue();
    assertThat(session.streams()).isZero();
    channel.finishAndReleaseAll();
  }

  @Test
  void aFrameBeyondAnyWindowEndsTheConnectionBeforeItsFirstByte() {
    send(frame(Frame.DATA, Frame.SYN, 1, YamuxOptions.DEFAULTS.windowBytesMax() + 1));
    assertThat(channel.isActive()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void creditThatOverflowsEndsTheConnection() {
    send(frame(Frame.WINDOW_UPDATE, Frame.SYN, 1, Integer.MAX_VALUE));
    assertThat(channel.isActive()).isTrue();
    send(frame(Frame.WINDOW_UPDATE, 0, 1, -1));
    assertThat(channel.isActive()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void afterGoAwayStreamsGoOnButNoneIsOpened() {
    send(frame(Frame.WINDOW_UPDATE, Frame.SYN, 1, 0));
    send(frame(Frame.GO_AWAY, 0, 0, Frame.GO_AWAY_NORMAL));
    assertThat(session.open()).isEmpty();
    send(frame(Frame.DATA, 0, 1, 3));
    send(Unpooled.wrappedBuffer(new byte[3]));
    assertThat(takers.getFirst().bytes).isEqualTo(3);
    channel.finishAndReleaseAll();
  }

  @Test
  void noiseNeitherThrowsNorKeepsBuffers() {
    for (int seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      YamuxSessionTest one = new YamuxSessionTest();
      one.pause = random.nextBoolean();
      List<ByteBuf> sent = new ArrayList<>();
      for (int i = 0; i < 50 && one.channel.isActive(); i++) {
        ByteBuf piece = Unpooled.buffer();
        if (random.nextInt(4) > 0) {
          piece.writeBytes(anyFrame(random));
        }
        byte[] noise = new byte[random.nextInt(64)];
        random.nextBytes(noise);
        piece.writeBytes(noise);
        sent.add(piece);
        one.send(piece);
      }
      one.channel.finishAndReleaseAll();
      assertThat(sent).as("seed " + seed).allMatch(piece -> piece.refCnt() == 0);
      assertThat(one.takers).as("seed " + seed).allMatch(taker -> taker.end != null);
    }
  }

  private static ByteBuf anyFrame(SplittableRandom random) {
    return frame(random.nextInt(5), random.nextInt(16), random.nextInt(6), random.nextInt(1 << 10));
  }

  private static byte[] crumb(int value) {
    return new byte[] {(byte) value};
  }

  private static ByteBuf frame(int type, int flags, int stream, int length) {
    return Unpooled.buffer(Frame.HEADER_BYTES)
        .writeByte(0)
        .writeByte(type)
        .writeShort(flags)
        .writeInt(stream)
        .writeInt(length);
  }

  private void send(ByteBuf bytes) {
    channel.writeInbound(bytes);
    loop.runAll();
  }

  /** The sum of the lengths of all frames of this kind that were written since last asked. */
  private long written(int type, int flags) {
    return lengths(type, flags).stream().mapToLong(length -> length).sum();
  }

  /** How many of them. */
  private int frames(int type, int flags) {
    return lengths(type, flags).size();
  }

  private List<Integer> lengths(int type, int flags) {
    loop.runAll();
    List<Integer> lengths = new ArrayList<>();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      if (out.readableBytes() == Frame.HEADER_BYTES
          && out.getByte(1) == type
          && out.getShort(2) == flags) {
        lengths.add(out.getInt(8));
      }
      out.release();
    }
    return lengths;
  }

  private void take(YamuxStream stream) {
    Taker taker = new Taker(stream);
    takers.add(taker);
    if (pause) {
      stream.pauseReading();
    }
    stream.handler(taker);
  }

  private static final class Taker implements StreamHandler {
    private final Stream stream;
    private long bytes;
    private boolean inputEnded;
    private boolean outOfOrder;
    private @Nullable StreamEnd end;

    Taker(Stream stream) {
      this.stream = stream;
    }

    @Override
    public void received(Stream from, ByteBuffer data) {
      while (data.hasRemaining()) {
        outOfOrder |= data.get() != (byte) bytes;
        bytes++;
      }
    }

    @Override
    public void endOfInput(Stream from) {
      inputEnded = true;
    }

    @Override
    public void closed(Stream from, StreamEnd how) {
      assertThat(end).isNull();
      end = how;
    }
  }
}
