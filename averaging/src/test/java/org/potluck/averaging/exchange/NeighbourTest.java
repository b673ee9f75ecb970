package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** What a member sees of another that takes chunks from it over a slow link. */
class NeighbourTest {
  private static final int CHUNK_BYTES = 64 << 10;
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Simulation simulation = new Simulation(1);
  private final SimulatedNetwork here = simulation.addPeer(RoundLab.SLOW_HOME);
  private final SimulatedNetwork there = simulation.addPeer(RoundLab.SLOW_HOME);
  private final AtomicBoolean reading = new AtomicBoolean(true);
  private final Neighbour neighbour = new Neighbour(1, here.loop().now());
  private final Link link = link(Rounds.PROTOCOL);
  private final Link control = link(Rounds.CONTROL);

  @Test
  void oneWhoseQueueIsFilledUpAsItDrainsTakesWhatItIsSent() {
    neighbour.attach(link);
    neighbour.lineUp(0);
    while (link.stream().queuedBytes() < 4 * CHUNK_BYTES) {
      link.write(ByteBuffer.allocate(CHUNK_BYTES));
    }
    long queued = link.stream().queuedBytes();
    neighbour.beginLooking();
    for (int look = 0; look < 5; look++) {
      simulation.runFor(LOOK);
      int taken = (int) (queued - link.stream().queuedBytes());
      assertThat(taken).isPositive();
      link.write(ByteBuffer.allocate(taken));
      Instant now = here.loop().now();
      neighbour.lookAtQueue(now);
      neighbour.lookAtFlow();
      assertThat(neighbour.isBeingServed()).as("look %d", look).isTrue();
      assertThat(neighbour.heard).as("look %d", look).isEqualTo(now);
    }
  }

  @Test
  void oneThatTakesNothingIsNotWaitedFor() {
    neighbour.attach(link);
    neighbour.lineUp(0);
    link.write(ByteBuffer.allocate(64 * CHUNK_BYTES));
    reading.set(false);
    simulation.runFor(LOOK.multipliedBy(60));
    Instant before = here.loop().now();
    neighbour.lookAtQueue(before);
    neighbour.beginLooking();
    simulation.runFor(LOOK);
    neighbour.lookAtQueue(here.loop().now());
    neighbour.lookAtFlow();
    assertThat(neighbour.isBeingServed()).isFalse();
    assertThat(neighbour.heard).isEqualTo(before);
  }

  @Test
  void thatTheNetworkTakesSmallFramesInIsNoSignOfItsLife() {
    neighbour.attach(link);
    neighbour.attach(control);
    link.write(ByteBuffer.allocate(100));
    simulation.runFor(LOOK);
    neighbour.lookAtQueue(here.loop().now());
    Instant before = neighbour.heard;
    simulation.part(List.of(here), List.of(there));
    for (int look = 0; look < 20; look++) {
      neighbour.assure(Frames.of(FrameKind.ALIVE));
      neighbour.tell(Frames.of(FrameKind.FETCH));
      simulation.runFor(LOOK.dividedBy(10));
      neighbour.lookAtQueue(here.loop().now());
    }
    assertThat(control.stream().queuedBytes()).as("what the network has not taken in").isZero();
    assertThat(neighbour.heard).isEqualTo(before);
  }

  /** However often it is filled up, and whatever part of the first has gone. */
  @Test
  void noMoreThanTwoChunksWaitInAStream() {
    int body = 3 * CHUNK_BYTES;
    int frame = body + Frames.HEADER_BYTES;
    neighbour.attach(link);
    link.queueAtMost(2, body);
    long most = 0;
    long least = Long.MAX_VALUE;
    for (int look = 0; look < 400; look++) {
      while (neighbour.writable()) {
        link.write(ByteBuffer.allocate(frame));
      }
      most = Math.max(most, link.stream().queuedBytes());
      simulation.runFor(LOOK.dividedBy(10));
      least = Math.min(least, link.stream().queuedBytes());
    }
    assertThat(most).isBetween(frame + frame / 2L, 2L * frame);
    assertThat(least).as("what is left when it is filled up again").isGreaterThan(frame / 4);
  }

  private Link link(String protocol) {
    there.handle(protocol, stream -> stream.handler(this::read));
    here.remember(there.self(), there.addresses());
    return simulation.await(
        here.open(there.self(), protocol, LOOK).thenApply(NeighbourTest::linked), LOOK);
  }

  private void read(Stream from, ByteBuffer data) {
    data.position(data.limit());
    if (!reading.get()) {
      from.pauseReading();
    }
  }

  private static Link linked(Stream stream) {
    return new Link(
        stream,
        new Link.Owner() {
          @Override
          public void frame(Link link, Frame frame) {}

          @Override
          public void broken(Link link, String why) {}

          @Override
          public void ended(Link link, StreamEnd end) {}
        });
  }
}
