package org.potluck.peer.bench;

import java.util.ArrayList;
import java.util.List;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;

/** Bytes through plain sockets between the workers of a crew. */
final class RawMoves {
  private RawMoves() {}

  /**
   * Seconds until all have arrived, when all set out at once.
   *
   * @param bytes from each worker to each other
   */
  static double seconds(Crew crew, int[][] bytes) throws BenchException, InterruptedException {
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
    for (int i : crew.everyone()) {
      ended = Math.max(ended, crew.worker(i).await(Reply.Done.class, Crew.LIMIT).nanos());
    }
    return (ended - started) / 1e9;
  }
}
