package org.potluck.peer.bench.worker;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What a worker answers to an {@link Order}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "reply")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Reply.Done.class, name = "done"),
  @JsonSubTypes.Type(value = Reply.Listening.class, name = "listening"),
  @JsonSubTypes.Type(value = Reply.Moved.class, name = "moved"),
  @JsonSubTypes.Type(value = Reply.Ended.class, name = "ended"),
  @JsonSubTypes.Type(value = Reply.Checked.class, name = "checked"),
  @JsonSubTypes.Type(value = Reply.Trained.class, name = "trained"),
  @JsonSubTypes.Type(value = Reply.Failed.class, name = "failed")
})
public sealed interface Reply {
  /** What was ordered has been done. */
  record Done() implements Reply {}

  /**
   * Where the worker can be found.
   *
   * @param addresses of the peer; empty when it only dials out
   * @param port of plain sockets
   */
  record Listening(String peer, List<String> addresses, int port) implements Reply {
    public Listening {
      addresses = List.copyOf(addresses);
    }
  }

  /** Everything was sent and has arrived; it took the process so much processor time. */
  record Moved(double processorSeconds) implements Reply {}

  /**
   * A round is over.
   *
   * @param averaged whether there is an average
   * @param reason why not; empty otherwise
   * @param members peer ids in group order
   * @param faulty peer ids of those that went wrong on the way, as far as this worker knows
   */
  record Ended(
      boolean averaged,
      String reason,
      List<String> members,
      List<String> faulty,
      double matchmakingSeconds,
      double exchangeSeconds)
      implements Reply {
    public Ended {
      members = List.copyOf(members);
      faulty = List.copyOf(faulty);
    }
  }

  /**
   * What the average looks like.
   *
   * @param digest SHA-256 of its bytes
   * @param worstError largest distance from what a value must be
   * @param errorBound the largest that codec and float32 sums may cause
   * @param effort of the whole process from the order to average to the order to check
   */
  record Checked(String digest, double worstError, double errorBound, Effort effort)
      implements Reply {}

  /**
   * How fast the worker learned, from the end of its second epoch to the end of its last.
   *
   * @param samples this worker's own
   */
  record Trained(long samples, double seconds, String digest) implements Reply {}

  /** The order could not be carried out. */
  record Failed(String message) implements Reply {}
}
