package org.potluck.averaging.progress;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.List;
import org.potluck.averaging.Role;
import org.potluck.averaging.proto.ProgressWord;
import org.potluck.averaging.proto.VerdictMessage;
import org.potluck.averaging.trust.Verdict;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * What one peer says of itself; all of it but {@code peer} is its own word.
 *
 * @param sequence rises with every word of one peer
 * @param samples accumulated in {@code epoch}
 * @param samplesTotal since the peer started
 * @param loss its mean loss in the epoch before, nats per token; NaN before the first
 * @param digest of its parameters at {@code epoch}
 * @param leaving whether this is its last word
 * @param lastEpoch at which it will leave; zero while it means to stay
 * @param verdicts what it thinks of others
 */
public record PeerProgress(
    PeerId peer,
    long sequence,
    String name,
    Role role,
    String device,
    long epoch,
    long samples,
    long samplesTotal,
    double samplesPerSecond,
    double tokensPerSecond,
    double loss,
    String digest,
    String activity,
    List<Multiaddr> addresses,
    long bytesSent,
    long bytesReceived,
    boolean leaving,
    long lastEpoch,
    List<Verdict> verdicts) {
  /** What a trainer does while it computes. */
  public static final String TRAINING = "TRAINING";

  /** What a trainer does from bringing its contribution until after the step. */
  public static final String AVERAGING = "AVERAGING";

  private static final int TEXT_MAX = 100;
  private static final int ADDRESSES_MAX = 8;

  /** Nobody accumulates more in an epoch; whoever claims to is not believed. */
  private static final long SAMPLES_MAX = 1L << 40;

  public PeerProgress {
    name = clip(name);
    device = clip(device);
    digest = clip(digest);
    activity = clip(activity);
    addresses = addresses.stream().limit(ADDRESSES_MAX).toList();
    verdicts = verdicts.stream().limit(Verdict.VERDICTS_MAX).toList();
    if (epoch < 0
        || lastEpoch < 0
        || samples < 0
        || samples > SAMPLES_MAX
        || samplesTotal < 0
        || sequence < 0) {
      throw new IllegalArgumentException("implausible progress of " + peer);
    }
  }

  /** Whether {@code next} of the same peer says nothing new but how many samples it has. */
  boolean countsOn(PeerProgress next) {
    return epoch == next.epoch
        && digest.equals(next.digest)
        && activity.equals(next.activity)
        && leaving == next.leaving
        && lastEpoch == next.lastEpoch
        && verdicts.equals(next.verdicts);
  }

  /** Whether its peer computes gradients. */
  public boolean trains() {
    return role.trains();
  }

  /** Whether its peer has a place in rounds. */
  public boolean takesPart() {
    return role.takesPart();
  }

  /** The same word with what the peer thinks of others. */
  public PeerProgress withVerdicts(List<Verdict> said) {
    return new PeerProgress(
        peer,
        sequence,
        name,
        role,
        device,
        epoch,
        samples,
        samplesTotal,
        samplesPerSecond,
        tokensPerSecond,
        loss,
        digest,
        activity,
        addresses,
        bytesSent,
        bytesReceived,
        leaving,
        lastEpoch,
        said);
  }

  ProgressWord toMessage() {
    return ProgressWord.newBuilder()
        .setSequence(sequence)
        .setName(name)
        .setRole(role.word())
        .setDevice(device)
        .setEpoch(epoch)
        .setSamples(samples)
        .setSamplesTotal(samplesTotal)
        .setSamplesPerSecond(samplesPerSecond)
        .setTokensPerSecond(tokensPerSecond)
        .setLoss(loss)
        .setParameterDigest(digest)
        .setActivity(activity)
        .addAllAddresses(
            addresses.stream().map(address -> ByteString.copyFrom(address.toBytes())).toList())
        .setBytesSent(bytesSent)
        .setBytesReceived(bytesReceived)
        .setLeaving(leaving)
        .setLastEpoch(lastEpoch)
        .addAllVerdicts(verdicts.stream().map(PeerProgress::verdict).toList())
        .build();
  }

  /**
   * @throws IllegalArgumentException when it cannot be true
   */
  static PeerProgress of(PeerId peer, ProgressWord message) {
    List<Multiaddr> addresses =
        Multiaddr.known(message.getAddressesList().stream().map(ByteString::toByteArray).toList());
    return new PeerProgress(
        peer,
        message.getSequence(),
        message.getName(),
        Role.of(message.getRole()),
        message.getDevice(),
        message.getEpoch(),
        message.getSamples(),
        message.getSamplesTotal(),
        message.getSamplesPerSecond(),
        message.getTokensPerSecond(),
        message.getLoss(),
        message.getParameterDigest(),
        message.getActivity(),
        addresses,
        message.getBytesSent(),
        message.getBytesReceived(),
        message.getLeaving(),
        message.getLastEpoch(),
        message.getVerdictsList().stream()
            .limit(Verdict.VERDICTS_MAX)
            .map(PeerProgress::verdict)
            .toList());
  }

  private static VerdictMessage verdict(Verdict verdict) {
    return VerdictMessage.newBuilder()
        .setPeer(ByteString.copyFrom(verdict.peer().toBytes()))
        .setScore(verdict.score())
        .setBanned(verdict.banned())
        .setBannedUntilMillis(verdict.bannedUntil().toEpochMilli())
        .setReason(verdict.reason())
        .build();
  }

  private static Verdict verdict(VerdictMessage message) {
    return new Verdict(
        PeerId.ofBytes(message.getPeer().toByteArray()),
        message.getScore(),
        message.getBanned(),
        Instant.ofEpochMilli(message.getBannedUntilMillis()),
        message.getReason());
  }

  private static String clip(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX);
  }
}
