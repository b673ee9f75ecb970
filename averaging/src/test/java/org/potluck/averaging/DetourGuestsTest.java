package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** Who asks a member of a grid for its averages, and how. */
class DetourGuestsTest {
  private static final String PROTOCOL = "/potluck/detour/1";
  private static final int VALUES = 40_000;
  private static final int MANY = 2000;

  private final Swarm swarm =
      new Swarm(1, 9, VALUES, i -> PeerProfile.datacenter(), Swarm.options().withGroupSize(3));

  @Test
  void oneThatAsksTimeAfterTimeAndReadsNothingIsLeft() {
    Guest guest = guest();
    guest.say(fetch(16));
    run();
    assertThat(guest.ended).isFalse();
    for (int i = 0; i < MANY; i++) {
      guest.say(fetch(16));
    }
    run();
    assertThat(guest.ended).isTrue();
  }

  @Test
  void oneThatAsksForWhatItReadsGetsAllOfIt() {
    Guest guest = guest();
    guest.reads();
    for (int i = 0; i < 50; i++) {
      guest.say(fetch(16));
      run();
    }
    assertThat(guest.ended).isFalse();
    assertThat(guest.bytes).isGreaterThan(50L * 16 * 1024);
  }

  @Test
  void whatThereIsNotEndsTheStream() {
    for (int chunk : new int[] {-1, 1 << 20, Integer.MIN_VALUE}) {
      Guest guest = guest();
      guest.say(Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addChunks(chunk).build()));
      run();
      assertThat(guest.ended).as("chunk %s", chunk).isTrue();
    }
  }

  @Test
  void strangersAreNotLetIn() {
    averageAll();
    SimulatedNetwork host = swarm.networks.getFirst();
    SimulatedNetwork stranger = swarm.simulation.addPeer(PeerProfile.datacenter());
    stranger.remember(host.self(), host.addresses());
    List<Guest> guests = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      guests.add(new Guest(stranger, host));
    }
    run();
    assertThat(guests).allMatch(guest -> guest.ended);
  }

  /** One of the row of the peer that it asks, as they have averaged. */
  private Guest guest() {
    averageAll();
    RoundOutcome.Averaged outcome = swarm.outcome(0);
    int met = swarm.with(outcome, 0).getFirst();
    Guest guest = new Guest(swarm.networks.get(met), swarm.networks.getFirst());
    guest.say(
        Frames.of(
            FrameKind.HELLO,
            HelloMessage.newBuilder()
                .setRoundId(ByteString.fromHex(outcome.seating().round()))
                .build()));
    run();
    return guest;
  }

  private void averageAll() {
    if (swarm.outcomes.contains(null)) {
      swarm.averageAll();
      swarm.finish();
    }
  }

  private void run() {
    swarm.simulation.runFor(Duration.ofMillis(200));
  }

  private static ByteBuffer fetch(int chunks) {
    FetchMessage.Builder wish = FetchMessage.newBuilder();
    for (int chunk = 0; chunk < chunks; chunk++) {
      wish.addChunks(chunk);
    }
    return Frames.of(FrameKind.FETCH, wish.build());
  }

  private final class Guest implements StreamHandler {
    private final SimulatedNetwork from;
    private final Stream stream;
    boolean ended;
    long bytes;

    Guest(SimulatedNetwork from, SimulatedNetwork to) {
      this.from = from;
      this.stream =
          swarm.simulation.await(
              from.open(to.self(), PROTOCOL, Duration.ofSeconds(1)), Duration.ofSeconds(2));
      from.loop()
          .execute(
              () -> {
                stream.handler(this);
                stream.pauseReading();
              });
    }

    void say(ByteBuffer frame) {
      from.loop().execute(() -> stream.write(frame));
    }

    void reads() {
      from.loop().execute(() -> stream.resumeReading());
    }

    @Override
    public void received(Stream stream, ByteBuffer data) {
      bytes += data.remaining();
      data.position(data.limit());
    }

    @Override
    public void closed(Stream stream, StreamEnd end) {
      ended = true;
    }
  }
}
