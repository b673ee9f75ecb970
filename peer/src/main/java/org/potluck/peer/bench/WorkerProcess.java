package org.potluck.peer.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.potluck.peer.SiblingJava;
import org.potluck.peer.bench.worker.Lines;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;
import org.potluck.peer.bench.worker.Worker;

/** One {@link Worker} as a process of its own, with the very Java and flags that run this one. */
final class WorkerProcess {
  private final Process process;
  private final BufferedWriter orders;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();

  /**
   * A reply and when it came.
   *
   * @param nanos of {@link System#nanoTime} in this process
   */
  record Arrival(Reply reply, long nanos) {}

  private WorkerProcess(Process process) {
    this.process = process;
    orders = process.outputWriter();
  }

  /**
   * @param prefix command that runs the worker, for instance in a network namespace; may be empty
   */
  static WorkerProcess start(List<String> prefix) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(SiblingJava.command(Worker.class, List.of()));
    WorkerProcess worker = new WorkerProcess(new ProcessBuilder(command).start());
    Thread _ = Thread.ofPlatform().daemon().name("replies").start(worker::listen);
    SiblingJava.passOnErrors(worker.process);
    return worker;
  }

  private void listen() {
    try (BufferedReader replies = process.inputReader()) {
      for (String line = replies.readLine(); line != null; line = replies.readLine()) {
        long now = System.nanoTime();
        arrivals.add(new Arrival(Lines.reply(line), now));
      }
    } catch (IOException e) {
      arrivals.add(new Arrival(new Reply.Failed("unreadable: " + e.getMessage()), 0));
    }
    arrivals.add(new Arrival(new Reply.Failed("the worker has gone"), System.nanoTime()));
  }

  /** A worker that has died says so at {@link #await}. */
  void send(Order order) {
    try {
      orders.write(Lines.of(order));
      orders.newLine();
      orders.flush();
    } catch (IOException e) {
      arrivals.add(new Arrival(new Reply.Failed("the worker has gone"), System.nanoTime()));
    }
  }

  /**
   * The next reply.
   *
   * @throws BenchException when there is none in time, or the worker failed
   */
  <R extends Reply> Timed<R> await(Class<R> type, Duration limit)
      throws BenchException, InterruptedException {
    Arrival arrival = arrivals.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    if (arrival == null) {
      throw new BenchException("a worker did not answer within " + limit.toSeconds() + " s");
    }
    if (arrival.reply() instanceof Reply.Failed failed) {
      throw new BenchException("a worker failed: " + failed.message());
    }
    return new Timed<>(type.cast(arrival.reply()), arrival.nanos());
  }

  /** A reply of the type that was expected. */
  record Timed<R extends Reply>(R reply, long nanos) {}

  /** Without warning, as a power cut would: nothing is said to anybody. */
  void kill() {
    process.destroyForcibly();
  }

  /** Its connections stay open, and nothing comes from it any more. */
  void freeze() throws IOException, InterruptedException {
    int _ = new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid())).start().waitFor();
  }

  /** Ends its input, which it takes as the end; then waits. */
  void end() {
    try {
      orders.close();
    } catch (IOException e) {
      // It has gone already.
    }
    try {
      if (process.waitFor(5, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kill();
  }
}
