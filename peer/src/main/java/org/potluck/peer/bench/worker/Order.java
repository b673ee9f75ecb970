package org.potluck.peer.bench.worker;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What a worker is told to do; it gives one {@link Reply} to each. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "order")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Order.Listen.class, name = "listen"),
  @JsonSubTypes.Type(value = Order.Meet.class, name = "meet"),
  @JsonSubTypes.Type(value = Order.Connect.class, name = "connect"),
  @JsonSubTypes.Type(value = Order.Move.class, name = "move"),
  @JsonSubTypes.Type(value = Order.Prepare.class, name = "prepare"),
  @JsonSubTypes.Type(value = Order.Average.class, name = "average"),
  @JsonSubTypes.Type(value = Order.Check.class, name = "check"),
  @JsonSubTypes.Type(value = Order.Train.class, name = "train")
})
public sealed interface Order {
  /**
   * Become a peer. Answered with {@link Reply.Listening}.
   *
   * @param host address for plain sockets, and for the peer's when {@code reachable}
   * @param reachable listen for other peers; otherwise only dial out
   */
  record Listen(String host, boolean reachable) implements Order {}

  /** Find the other peers through any of {@code addresses}. */
  record Meet(List<String> addresses) implements Order {
    public Meet {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * Open one plain TCP connection to everybody.
   *
   * @param self place of this worker in {@code hosts} and {@code ports}
   */
  record Connect(int self, List<String> hosts, List<Integer> ports) implements Order {
    public Connect {
      hosts = List.copyOf(hosts);
      ports = List.copyOf(ports);
    }
  }

  /**
   * Send and receive so many bytes over the plain connections, all at once.
   *
   * @param to bytes for each worker, in the order of {@link Connect}
   * @param from bytes from each
   */
  record Move(List<Integer> to, List<Integer> from) implements Order {
    public Move {
      to = List.copyOf(to);
      from = List.copyOf(from);
    }
  }

  /**
   * Fill the contribution of a round.
   *
   * @param seat which of the patterns is this worker's
   * @param weight zero for an auxiliary
   * @param up bytes a second that the worker declares
   * @param known peer ids of the others
   * @param trainers how many of all bring something
   */
  record Prepare(
      String key,
      long epoch,
      int seat,
      int values,
      String codec,
      Split split,
      double weight,
      double up,
      double down,
      List<String> known,
      int trainers)
      implements Order {
    public Prepare {
      known = List.copyOf(known);
    }
  }

  /** Average what was prepared. Answered with {@link Reply.Ended} as soon as the round ends. */
  record Average(double limitSeconds) implements Order {}

  /**
   * Compare the average with what it must be. Answered with {@link Reply.Checked}.
   *
   * @param seats of those whose patterns were averaged
   * @param weights of theirs
   * @param doubtful places in {@code seats} that each chunk may or may not hold
   */
  record Check(List<Integer> seats, List<Double> weights, List<Integer> doubtful) implements Order {
    public Check {
      seats = List.copyOf(seats);
      weights = List.copyOf(weights);
      doubtful = List.copyOf(doubtful);
    }
  }

  /**
   * Train the model of the case {@code gpt-3m}. Answered with {@link Reply.Trained}.
   *
   * @param run others with the same name train along; empty to train alone
   * @param targetBatch samples of all per epoch
   */
  record Train(String run, int threads, long targetBatch, long epochs, long drawer)
      implements Order {}
}
