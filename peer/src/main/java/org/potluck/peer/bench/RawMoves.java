package org.potluck.peer.bench;

import java.util.ArrayList;
import java.util.List;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;

/** Bytes through plain sockets between the workers of a crew. */
final class RawMoves {
  private RawMoves() {}

  /**
   * How long it took.
   *
   * @param seconds until all had arrived
   * @param processorSeconds of all workers together
   */
  record Moved(double seconds, double processorSeconds) {}

  /**
   * Moves everything, all at once.
   *
   * @param bytes from each worker to each other
   */
  static Moved move(Crew crew, int[][] bytes) throws BenchException, InterruptedException {
    long started = System.nanoTime();
    for (int i : crew.everyone()) {
      List<Integer> to = new ArrayList<>();
      List<Integer> from = new ArrayList<>();
      for (int j : crew.everyone()) {
        to.add(bytes[i][j]);
        from.add(bytes[j][i]);
      }
      crew.worker(i).send(new Order.Move(to, from));
    }
    long ended = started;
    double processor = 0;
    for (int i : crew.everyone()) {
      var moved = crew.worker(i).await(Reply.Moved.class, Crew.LIMIT);
      ended = Math.max(ended, moved.nanos());
      processor += moved.reply().processorSeconds();
    }
    return new Moved((ended - started) / 1e9, processor);
  }
}
