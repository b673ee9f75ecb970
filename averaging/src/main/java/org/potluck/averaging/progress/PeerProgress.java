package org.potluck.averaging.progress;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.potluck.averaging.Role;
import org.potluck.averaging.proto.ProgressMessage;
import org.potluck.network.Bandwidth;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * What one peer says of itself.
 *
 * @param epoch the epoch it works on
 * @param samples gathered in that epoch
 * @param loss of its last epoch; NaN before there was one
 * @param parameterDigest of its parameters at the start of {@code epoch}; may be empty
 * @param at when it said so, on its own clock
 */
public record PeerProgress(
    PeerId peer,
    String name,
    Role role,
    long epoch,
    long samples,
    double samplesPerSecond,
    double loss,
    byte[] parameterDigest,
    Bandwidth upload,
    Bandwidth download,
    List<Multiaddr> addresses,
    Instant at) {
  static final int MESSAGE_BYTES_MAX = 8 * 1024;
  private static final int NAME_LENGTH_MAX = 64;
  private static final int DIGEST_BYTES_MAX = 64;
  private static final int ADDRESSES_MAX = 16;

  public PeerProgress {
    parameterDigest = parameterDigest.clone();
    addresses = List.copyOf(addresses);
    boolean plausible =
        epoch >= 0
            && samples >= 0
            && samplesPerSecond >= 0
            && Double.isFinite(samplesPerSecond)
            && name.length() <= NAME_LENGTH_MAX
            && parameterDigest.length <= DIGEST_BYTES_MAX
            && addresses.size() <= ADDRESSES_MAX;
    if (!plausible) {
      throw new IllegalArgumentException("not a progress of " + peer);
    }
  }

  @Override
  public byte[] parameterDigest() {
    return parameterDigest.clone();
  }

  /** The same, said again. */
  PeerProgress at(Instant now) {
    return new PeerProgress(
        peer,
        name,
        role,
        epoch,
        samples,
        samplesPerSecond,
        loss,
        parameterDigest,
        upload,
        download,
        addresses,
        now);
  }

  byte[] encode(String run, boolean leaving) {
    return ProgressMessage.newBuilder()
        .setRun(run)
        .setEpoch(epoch)
        .setSamples(samples)
        .setSamplesPerSecond(samplesPerSecond)
        .setLoss(loss)
        .setName(name)
        .setAuxiliary(role == Role.AUXILIARY)
        .setParameterDigest(ByteString.copyFrom(parameterDigest))
        .setUpBytesPerSecond(upload.bytesPerSecond())
        .setDownBytesPerSecond(download.bytesPerSecond())
        .addAllAddresses(addresses.stream().map(Multiaddr::toString).toList())
        .setAtMicros(at.getEpochSecond() * 1_000_000 + at.getNano() / 1000)
        .setLeaving(leaving)
        .build()
        .toByteArray();
  }

  /** A record that arrived. */
  record Received(PeerProgress progress, boolean leaving) {}

  /** Empty when the bytes are not a progress record of {@code run}. */
  static Optional<Received> decode(PeerId peer, String run, byte[] bytes) {
    if (bytes.length > MESSAGE_BYTES_MAX) {
      return Optional.empty();
    }
    try {
      ProgressMessage message = ProgressMessage.parseFrom(bytes);
      if (!message.getRun().equals(run)) {
        return Optional.empty();
      }
      List<Multiaddr> addresses = new ArrayList<>();
      for (String text : message.getAddressesList()) {
        Multiaddr address = Multiaddr.parse(text);
        if (address.peer().filter(peer::equals).isPresent()) {
          addresses.add(address);
        }
      }
      long micros = message.getAtMicros();
      PeerProgress progress =
          new PeerProgress(
              peer,
              message.getName(),
              message.getAuxiliary() ? Role.AUXILIARY : Role.TRAINER,
              message.getEpoch(),
              message.getSamples(),
              message.getSamplesPerSecond(),
              message.getLoss(),
              message.getParameterDigest().toByteArray(),
              new Bandwidth(message.getUpBytesPerSecond()),
              new Bandwidth(message.getDownBytesPerSecond()),
              addresses,
              Instant.ofEpochSecond(
                  Math.floorDiv(micros, 1_000_000), Math.floorMod(micros, 1_000_000) * 1000L));
      return Optional.of(new Received(progress, message.getLeaving()));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
