package org.potluck.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One peer as this program sees it. Unknown numbers are {@link Double#NaN} and reach the page as
 * null.
 *
 * @param role {@code trainer}, {@code auxiliary} or {@code receiver}
 * @param device in words, such as {@code NVIDIA H200} or {@code CPU, 2 cores}
 * @param parameterDigest of the parameters at {@code work.epoch()}, empty when not published
 * @param self whether this is the peer that serves the dashboard
 */
public record PeerStatus(
    String id,
    String name,
    String role,
    String device,
    boolean self,
    State state,
    Work work,
    Link link,
    Standing standing,
    String parameterDigest,
    Instant lastSeen) {
  public PeerStatus {
    id = Clip.line(id, 128);
    name = Clip.line(name, Clip.NAME);
    role = Clip.line(role, 16);
    device = Clip.line(device, Clip.NAME);
    parameterDigest = Clip.line(parameterDigest, 128);
    Objects.requireNonNull(state);
    Objects.requireNonNull(work);
    Objects.requireNonNull(link);
    Objects.requireNonNull(standing);
    Objects.requireNonNull(lastSeen);
  }

  /** What a peer is doing. */
  public enum Activity {
    TRAINING,
    AVERAGING,
    AUDITING,
    DOWNLOADING,
    WAITING,
    PAUSED,
    GONE
  }

  /**
   * @param detail what it waits for, empty when there is nothing to add
   * @param until when the waiting ends at the latest, null when unknown
   */
  public record State(Activity activity, String detail, @Nullable Instant until) {
    public State {
      detail = Clip.line(detail, 200);
    }

    public static State of(Activity activity) {
      return new State(activity, "", null);
    }

    public static State waiting(String reason, @Nullable Instant until) {
      return new State(Activity.WAITING, reason, until);
    }
  }

  /**
   * @param samples in the present epoch
   * @param share of the swarm's samples, 0 to 1
   * @param loss nats per token
   */
  public record Work(
      long epoch,
      long samples,
      long samplesTotal,
      double samplesPerSecond,
      double tokensPerSecond,
      double share,
      double loss) {}

  /** How bytes reach a peer. */
  public enum Path {
    DIRECT,
    RELAYED,
    UNKNOWN
  }

  /** Measured rates in bytes per second, counters in bytes, round trip in seconds. */
  public record Link(
      Path path,
      double uploadBytesPerSecond,
      double downloadBytesPerSecond,
      long bytesSent,
      long bytesReceived,
      double roundTripSeconds) {}

  /**
   * What the others say of a peer; each speaks from what it saw itself.
   *
   * @param score the mean of what all judges think: 1 is good, 0 is refused; NaN without judges
   * @param judges peers that could have something against it
   * @param doubtedBy how many of them have, and still take what it brings
   * @param bannedBy how many of them take nothing from it
   * @param refused whether those are so many that nobody takes anything from it
   * @param reason what most of those who have something against it say
   * @param judgements each of theirs, the worst first, 32 at most
   */
  public record Standing(
      double score,
      int judges,
      int doubtedBy,
      int bannedBy,
      boolean refused,
      String reason,
      List<Judgement> judgements) {
    private static final int JUDGEMENTS_MAX = 32;

    public Standing {
      reason = Clip.line(reason, 200);
      judgements = judgements.stream().limit(JUDGEMENTS_MAX).toList();
    }

    /** Nobody is there who could judge. */
    public static Standing unknown() {
      return new Standing(Double.NaN, 0, 0, 0, false, "", List.of());
    }

    /** Nobody has anything against it. */
    public static Standing good(int judges) {
      return new Standing(1, judges, 0, 0, false, "", List.of());
    }
  }

  /**
   * What one peer has against another.
   *
   * @param by its name
   * @param score 0 to 1; 0 while banned
   * @param banned whether it takes nothing from it now
   */
  public record Judgement(String by, double score, boolean banned, String reason) {
    public Judgement {
      by = Clip.line(by, Clip.NAME);
      reason = Clip.line(reason, 200);
    }
  }
}
