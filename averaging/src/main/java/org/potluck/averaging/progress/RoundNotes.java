package org.potluck.averaging.progress;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.potluck.averaging.Seating;
import org.potluck.averaging.proto.ComplaintWord;
import org.potluck.averaging.proto.RoundWord;
import org.potluck.averaging.proto.RoundsWord;
import org.potluck.averaging.proto.SeatWord;
import org.potluck.network.PeerId;

/**
 * What one peer tells of its latest rounds and of its link, as it stands in the DHT.
 *
 * @param uploadBytesPerSecond what its link was measured to carry, zero while unknown
 * @param downloadBytesPerSecond likewise
 * @param rounds newest first
 */
public record RoundNotes(
    double uploadBytesPerSecond, double downloadBytesPerSecond, List<RoundNote> rounds) {
  static final int ROUNDS_MAX = 16;
  private static final int BYTES_MAX = 12 * 1024;
  private static final double RATE_MAX = 1e13;

  public RoundNotes {
    rounds = List.copyOf(rounds);
    if (!(uploadBytesPerSecond >= 0 && uploadBytesPerSecond <= RATE_MAX)
        || !(downloadBytesPerSecond >= 0 && downloadBytesPerSecond <= RATE_MAX)
        || rounds.size() > ROUNDS_MAX) {
      throw new IllegalArgumentException("implausible notes of rounds");
    }
  }

  /** As many of the newest rounds as an entry of the DHT takes. */
  byte[] encode() {
    RoundsWord.Builder word =
        RoundsWord.newBuilder()
            .setUploadBytesPerSecond(uploadBytesPerSecond)
            .setDownloadBytesPerSecond(downloadBytesPerSecond);
    int bytes = 0;
    for (RoundNote round : rounds) {
      RoundWord next = word(round);
      bytes += next.getSerializedSize() + 4;
      if (bytes > BYTES_MAX) {
        break;
      }
      word.addRounds(next);
    }
    return word.build().toByteArray();
  }

  /** Empty when {@code value} does not parse or cannot be true. */
  public static Optional<RoundNotes> decode(byte[] value) {
    try {
      RoundsWord word = RoundsWord.parseFrom(value);
      return Optional.of(
          new RoundNotes(
              word.getUploadBytesPerSecond(),
              word.getDownloadBytesPerSecond(),
              word.getRoundsList().stream().map(RoundNotes::note).toList()));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static RoundWord word(RoundNote note) {
    RoundWord.Builder word =
        RoundWord.newBuilder()
            .setRound(ByteString.fromHex(note.seating().round()))
            .setEpoch(note.epoch())
            .setSettledMillis(note.at().toEpochMilli())
            .setWeight(note.weight())
            .setMatchmakingSeconds(note.matchmaking().toNanos() / 1e9)
            .setExchangeSeconds(note.exchange().toNanos() / 1e9)
            .setBytesSent(note.bytesSent())
            .setReason(note.reason())
            .setMembers(note.members());
    for (Seating.Seat seat : note.seating().seats()) {
      word.addSeats(
          SeatWord.newBuilder()
              .setPeer(ByteString.copyFrom(seat.peer().toBytes()))
              .setWeight(seat.weight())
              .setShare(seat.share()));
    }
    for (RoundNote.Complaint complaint : note.complaints()) {
      word.addComplaints(
          ComplaintWord.newBuilder()
              .setPeer(ByteString.copyFrom(complaint.peer().toBytes()))
              .setWhat(complaint.what()));
    }
    return word.build();
  }

  private static RoundNote note(RoundWord word) {
    return new RoundNote(
        word.getEpoch(),
        Instant.ofEpochMilli(word.getSettledMillis()),
        new Seating(
            HexFormat.of().formatHex(word.getRound().toByteArray()),
            word.getSeatsList().stream()
                .map(
                    seat ->
                        new Seating.Seat(
                            PeerId.ofBytes(seat.getPeer().toByteArray()),
                            seat.getWeight(),
                            seat.getShare()))
                .toList()),
        word.getMembers(),
        word.getWeight(),
        duration(word.getMatchmakingSeconds()),
        duration(word.getExchangeSeconds()),
        word.getBytesSent(),
        word.getReason(),
        word.getComplaintsList().stream()
            .map(
                complaint ->
                    new RoundNote.Complaint(
                        PeerId.ofBytes(complaint.getPeer().toByteArray()), complaint.getWhat()))
            .toList());
  }

  private static Duration duration(double seconds) {
    if (!(seconds >= 0 && seconds <= 1e6)) {
      throw new IllegalArgumentException("not a length of time: " + seconds + " s");
    }
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}
