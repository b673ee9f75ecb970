package org.potluck.peer.bench.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.UserException;

/** A process of a benchmark: carries out orders until its input ends. */
public final class Worker {
  private @Nullable Seat seat;

  private Worker() {}

  /** Reads orders from standard input; everything but replies goes to standard error. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    PrintStream replies = System.out;
    System.setOut(System.err);
    Worker worker = new Worker();
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      replies.println(Lines.of(worker.carryOut(Lines.order(line))));
      replies.flush();
    }
    // Sockets close with the process; the others of a benchmark go at the same time.
    System.exit(0);
  }

  private Reply carryOut(Order order) throws InterruptedException {
    try {
      return switch (order) {
        case Order.Listen listen -> {
          Seat taken = Seat.take(listen);
          seat = taken;
          yield taken.listening();
        }
        case Order.Meet meet -> seat().meet(meet);
        case Order.Connect connect -> seat().connect(connect);
        case Order.Move move -> seat().move(move);
        case Order.Prepare prepare -> seat().prepare(prepare);
        case Order.Average average -> seat().average(average);
        case Order.Check check -> seat().check(check);
        case Order.Train train -> Training.of(train, seat);
      };
    } catch (IOException | UserException e) {
      return new Reply.Failed(String.valueOf(e.getMessage()));
    }
  }

  private Seat seat() throws IOException {
    Seat taken = seat;
    if (taken == null) {
      throw new IOException("this worker listens nowhere yet");
    }
    return taken;
  }
}
