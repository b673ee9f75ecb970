package org.potluck.averaging.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Seating;
import org.potluck.averaging.proto.RoundWord;
import org.potluck.averaging.proto.RoundsWord;
import org.potluck.averaging.proto.SeatWord;
import org.potluck.dht.Dht;
import org.potluck.network.PeerId;

final class RoundNotesTest {
  private static final Instant AT = Instant.parse("2026-01-05T10:00:00Z");

  @Test
  void whatIsPostedIsWhatIsRead() {
    PeerId first = peer(1);
    PeerId second = peer(2);
    RoundNote averaged =
        RoundNote.of(
            7,
            new RoundOutcome.Abandoned(
                RoundOutcome.Cause.INCOMPLETE,
                "too few members stayed",
                List.of(new PeerFault.Silent(second, "dialing")),
                timing(),
                new Seating(
                    "00ff",
                    List.of(
                        new Seating.Seat(first, 12, 0.75), new Seating.Seat(second, 20, 0.25)))),
            AT,
            1_000);
    RoundNotes notes = new RoundNotes(2e6, 2e7, List.of(averaged));
    assertThat(RoundNotes.decode(notes.encode())).contains(notes);
    assertThat(averaged.complaints())
        .containsExactly(new RoundNote.Complaint(second, "was silent (dialing)"));
  }

  @Test
  void aLargeGroupStillFitsAnEntry() {
    List<Seating.Seat> seats = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      seats.add(new Seating.Seat(peer(i), 3, 0.001));
    }
    RoundNote note =
        RoundNote.of(
            1,
            new RoundOutcome.Abandoned(
                RoundOutcome.Cause.INCOMPLETE,
                "no",
                List.of(),
                timing(),
                new Seating("00".repeat(16), seats)),
            AT,
            0);
    byte[] encoded = new RoundNotes(0, 0, java.util.Collections.nCopies(16, note)).encode();
    assertThat(encoded.length).isLessThan(Dht.VALUE_BYTES_MAX);
    RoundNotes read = RoundNotes.decode(encoded).orElseThrow();
    assertThat(read.rounds()).isNotEmpty();
    assertThat(read.rounds().getFirst().members()).isEqualTo(1_000);
  }

  @Test
  void whatCannotBeTrueIsNotRead() {
    List<RoundWord.Builder> lies =
        List.of(
            RoundWord.newBuilder().setWeight(Double.NaN),
            RoundWord.newBuilder().setWeight(-1),
            RoundWord.newBuilder().setWeight(1e30),
            RoundWord.newBuilder().setMatchmakingSeconds(Double.POSITIVE_INFINITY),
            RoundWord.newBuilder().setExchangeSeconds(-0.1),
            RoundWord.newBuilder().setEpoch(-1),
            RoundWord.newBuilder().setSettledMillis(-1),
            RoundWord.newBuilder().setMembers(-1),
            RoundWord.newBuilder().addSeats(SeatWord.newBuilder()).setMembers(1),
            RoundWord.newBuilder()
                .addSeats(
                    SeatWord.newBuilder()
                        .setPeer(com.google.protobuf.ByteString.copyFrom(peer(1).toBytes()))
                        .setShare(1.5))
                .setMembers(1));
    for (RoundWord.Builder lie : lies) {
      byte[] value = RoundsWord.newBuilder().addRounds(lie).build().toByteArray();
      assertThat(RoundNotes.decode(value)).as("%s", lie).isEmpty();
    }
    RoundsWord.Builder flood = RoundsWord.newBuilder();
    for (int i = 0; i < 17; i++) {
      flood.addRounds(RoundWord.newBuilder());
    }
    assertThat(RoundNotes.decode(flood.build().toByteArray())).isEmpty();
    assertThat(
            RoundNotes.decode(
                RoundsWord.newBuilder().setUploadBytesPerSecond(1e300).build().toByteArray()))
        .isEmpty();
  }

  @Test
  void noiseIsNotRead() {
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      assertThat(RoundNotes.decode(noise)).isNotNull(); // whatever it says, nothing is thrown
    }
  }

  private static RoundOutcome.RoundTiming timing() {
    return new RoundOutcome.RoundTiming(Duration.ofMillis(250), Duration.ofMillis(1_250));
  }

  private static PeerId peer(int number) {
    byte[] key = new byte[36];
    key[0] = 8;
    key[1] = 1;
    key[2] = 18;
    key[3] = 32;
    key[4] = (byte) number;
    key[5] = (byte) (number >> 8);
    return PeerId.ofKey(key);
  }
}
