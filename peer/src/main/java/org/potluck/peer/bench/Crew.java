package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;

/** The worker processes of one case, by number. */
final class Crew implements AutoCloseable {
  static final Duration LIMIT = Duration.ofMinutes(10);

  private final List<Berth> berths;
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final List<Reply.Listening> places = new ArrayList<>();
  private final Thread endWithUs = new Thread(this::killAll, "workers-end");

  /**
   * Where a worker runs.
   *
   * @param prefix command that puts it there; empty for here
   * @param reachable whether it listens for other peers
   */
  record Berth(List<String> prefix, String host, boolean reachable) {
    Berth {
      prefix = List.copyOf(prefix);
    }

    static List<Berth> here(int count) {
      return Collections.nCopies(count, new Berth(List.of(), "127.0.0.1", true));
    }
  }

  private Crew(List<Berth> berths) {
    this.berths = List.copyOf(berths);
  }

  /** Starts a worker for each berth; each listens, and all know of each other. */
  static Crew start(List<Berth> berths) throws BenchException, IOException, InterruptedException {
    Crew crew = new Crew(berths);
    Runtime.getRuntime().addShutdownHook(crew.endWithUs);
    try {
      for (Berth berth : berths) {
        crew.workers.add(WorkerProcess.start(berth.prefix()));
      }
      crew.places.addAll(
          crew.all(
              i -> new Order.Listen(berths.get(i).host(), berths.get(i).reachable()),
              Reply.Listening.class));
      for (int i = 0; i < berths.size(); i++) {
        crew.meet(i);
      }
      return crew;
    } catch (BenchException | IOException | InterruptedException e) {
      crew.close();
      throw e;
    }
  }

  int size() {
    return workers.size();
  }

  List<Integer> everyone() {
    return IntStream.range(0, size()).boxed().toList();
  }

  WorkerProcess worker(int number) {
    return workers.get(number);
  }

  String peer(int number) {
    return places.get(number).peer();
  }

  /** Tells a worker of all others that can be dialed; of none when nobody else is there yet. */
  private void meet(int number) throws BenchException, InterruptedException {
    List<String> others = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      if (i != number) {
        others.addAll(places.get(i).addresses());
      }
    }
    one(number, new Order.Meet(others), Reply.Done.class);
  }

  /** Opens plain connections between all. */
  void connect() throws BenchException, InterruptedException {
    List<String> hosts = berths.stream().map(Berth::host).toList();
    List<Integer> ports = places.stream().map(Reply.Listening::port).toList();
    List<Reply.Done> _ = all(i -> new Order.Connect(i, hosts, ports), Reply.Done.class);
  }

  /** A fresh process in the place of one that died. */
  void replace(int number) throws BenchException, IOException, InterruptedException {
    workers.get(number).kill();
    workers.set(number, WorkerProcess.start(berths.get(number).prefix()));
    Berth berth = berths.get(number);
    places.set(
        number,
        one(number, new Order.Listen(berth.host(), berth.reachable()), Reply.Listening.class));
    meet(number);
  }

  <R extends Reply> List<R> all(IntFunction<Order> order, Class<R> type)
      throws BenchException, InterruptedException {
    return of(everyone(), order, type);
  }

  /** Gives the order to each of {@code numbers} and waits for all their replies. */
  <R extends Reply> List<R> of(List<Integer> numbers, IntFunction<Order> order, Class<R> type)
      throws BenchException, InterruptedException {
    for (int number : numbers) {
      worker(number).send(order.apply(number));
    }
    List<R> replies = new ArrayList<>();
    for (int number : numbers) {
      replies.add(worker(number).await(type, LIMIT).reply());
    }
    return replies;
  }

  private <R extends Reply> R one(int number, Order order, Class<R> type)
      throws BenchException, InterruptedException {
    return of(List.of(number), _ -> order, type).getFirst();
  }

  private void killAll() {
    List.copyOf(workers).forEach(WorkerProcess::kill);
  }

  @Override
  public void close() {
    workers.forEach(WorkerProcess::end);
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(endWithUs);
    } catch (IllegalStateException e) {
      // The process is being shut down already.
    }
  }
}
