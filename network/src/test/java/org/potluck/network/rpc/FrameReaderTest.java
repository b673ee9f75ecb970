package org.potluck.network.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameReaderTest implements FrameReader.Receiver {
  private final List<String> seen = new ArrayList<>();
  private final List<byte[]> bodies = new ArrayList<>();

  @ParameterizedTest
  @EnumSource(Framing.class)
  void framesSurviveAnySplitting(Framing framing) {
    for (long seed = 0; seed < 200; seed++) {
      bodies.clear();
      SplittableRandom random = new SplittableRandom(seed);
      List<byte[]> sent = new ArrayList<>();
      ByteBuffer wire = ByteBuffer.allocate(400_000);
      for (int i = 0; i < 5; i++) {
        byte[] body = new byte[random.nextInt(1 << random.nextInt(17))];
        random.nextBytes(body);
        sent.add(body);
        wire.put(framing.encode(body));
      }
      wire.flip();
      FrameReader reader = new FrameReader(framing, 1 << 17, this);
      while (wire.hasRemaining()) {
        int size = Math.min(wire.remaining(), 1 + random.nextInt(20_000));
        reader.feed(wire.slice(wire.position(), size));
        wire.position(wire.position() + size);
      }
      assertThat(bodies).as("seed %d", seed).hasSameSizeAs(sent);
      for (int i = 0; i < sent.size(); i++) {
        assertThat(bodies.get(i)).as("seed %d, frame %d", seed, i).isEqualTo(sent.get(i));
      }
      assertThat(reader.atBoundary()).isTrue();
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void theEndMarkerOfHivemindIsAnEmptyErrorFrame() {
    ByteBuffer frame = Framing.MARKED_INT64.encode(1, new byte[0]);
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    assertThat(bytes).containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void aFrameOverTheLimitIsAViolationBeforeItsBodyArrives() {
    FrameReader reader = new FrameReader(Framing.INT32, 1000, this);
    reader.feed(ByteBuffer.wrap(new byte[] {0, 0, 3, (byte) 0xE9}));
    reader.feed(ByteBuffer.wrap(new byte[2000]));
    assertThat(seen).containsExactly("a frame of 1001 bytes, of which 1000 are allowed");
    assertThat(bodies).isEmpty();
  }

  @Test
  void aVarintThatDoesNotEndIsAViolation() {
    FrameReader reader = new FrameReader(Framing.VARINT, 1000, this);
    reader.feed(ByteBuffer.wrap(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}));
    assertThat(seen).containsExactly("the length of a frame is not a number");
  }

  @Test
  void anUnfinishedFrameIsNoBoundary() {
    FrameReader reader = new FrameReader(Framing.VARINT, 1000, this);
    assertThat(reader.atBoundary()).isTrue();
    reader.feed(ByteBuffer.wrap(new byte[] {3, 1, 2}));
    assertThat(reader.atBoundary()).isFalse();
    reader.feed(ByteBuffer.wrap(new byte[] {3}));
    assertThat(reader.atBoundary()).isTrue();
  }

  @Test
  void nothingComesAfterStop() {
    FrameReader[] reader = new FrameReader[1];
    reader[0] =
        new FrameReader(
            Framing.VARINT,
            10,
            new FrameReader.Receiver() {
              @Override
              public void frame(int marker, ByteBuffer body) {
                seen.add("frame");
                reader[0].stop();
              }

              @Override
              public void violation(String what) {
                seen.add(what);
              }
            });
    reader[0].feed(ByteBuffer.wrap(new byte[] {0, 0, 0, -1, -1, -1, -1, -1, -1}));
    assertThat(seen).containsExactly("frame");
  }

  @Test
  void aBodyIsGatheredWhereTheReceiverWantsIt() {
    ByteBuffer place = ByteBuffer.allocate(16).position(5);
    List<ByteBuffer> got = new ArrayList<>();
    FrameReader reader =
        new FrameReader(
            Framing.INT32_MARKED,
            10,
            new FrameReader.Receiver() {
              @Override
              public ByteBuffer room(int marker, int length) {
                assertThat(marker).isEqualTo(7);
                assertThat(length).isEqualTo(3);
                return place;
              }

              @Override
              public void frame(int marker, ByteBuffer body) {
                got.add(body);
              }

              @Override
              public void violation(String what) {
                seen.add(what);
              }
            });
    reader.feed(ByteBuffer.wrap(new byte[] {0, 0, 0, 4, 7, 1, 2}));
    reader.feed(ByteBuffer.wrap(new byte[] {3}));
    assertThat(got).containsExactly(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(got.getFirst().array()).isSameAs(place.array());
    assertThat(place.position()).isEqualTo(5);
    assertThat(seen).isEmpty();
  }

  @Test
  void aMarkedFrameWithoutRoomForItsMarkerIsAViolation() {
    FrameReader reader = new FrameReader(Framing.INT32_MARKED, 10, this);
    reader.feed(ByteBuffer.wrap(new byte[] {0, 0, 0, 0, 7}));
    assertThat(seen).containsExactly("the length of a frame is not a number");
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    byte[] copy = new byte[body.remaining()];
    body.get(copy);
    bodies.add(copy);
  }

  @Override
  public void violation(String what) {
    seen.add(what);
  }
}
