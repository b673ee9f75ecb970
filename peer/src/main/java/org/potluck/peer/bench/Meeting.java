package org.potluck.peer.bench;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.potluck.averaging.codec.CodecId;
import org.potluck.peer.bench.worker.Effort;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;
import org.potluck.peer.bench.worker.Split;

/**
 * Rounds of one crew: all ask at once, the time until the last one has its average counts, and what
 * they hold is compared, bit for bit among the members and value by value with the exact mean.
 */
final class Meeting {
  private static final double LIMIT_SECONDS = 120;

  private final Crew crew;
  private final List<Guest> guests;
  private final List<List<Integer>> groups;
  private final List<Integer> everyone;
  private final int values;
  private final CodecId codec;
  private long epoch;

  /**
   * What a worker brings.
   *
   * @param weight zero for an auxiliary
   * @param up bytes a second that it declares
   */
  record Guest(double weight, double up, double down) {}

  /**
   * How a round went.
   *
   * @param seconds from the first order to the last average
   * @param matchmakingSeconds the longest
   * @param exchangeSeconds the longest
   * @param effort of all workers together, until their results were looked at
   * @param whole whether everybody of every group took part and holds the average
   */
  record Round(
      double seconds,
      double matchmakingSeconds,
      double exchangeSeconds,
      Effort effort,
      boolean whole) {}

  /**
   * @param groups numbers of the workers that average with each other
   */
  Meeting(Crew crew, List<Guest> guests, List<List<Integer>> groups, int values, CodecId codec) {
    this.crew = crew;
    this.guests = List.copyOf(guests);
    this.groups = groups.stream().map(List::copyOf).toList();
    everyone = groups.stream().flatMap(List::stream).toList();
    this.values = values;
    this.codec = codec;
  }

  /** The same guests, who go on with vectors of another length. */
  Meeting continuedWith(int newValues) {
    Meeting next = new Meeting(crew, guests, groups, newValues, codec);
    next.epoch = epoch;
    return next;
  }

  /** One round in which nobody is disturbed. */
  Round round(Split split) throws BenchException, InterruptedException {
    prepare(split);
    long started = System.nanoTime();
    start(everyone);
    long ended = started;
    Map<Integer, Reply.Ended> outcomes = new TreeMap<>();
    for (int number : everyone) {
      var outcome = crew.worker(number).await(Reply.Ended.class, Crew.LIMIT);
      outcomes.put(number, outcome.reply());
      ended = Math.max(ended, outcome.nanos());
    }
    Effort effort = Effort.NONE;
    boolean whole = true;
    for (List<Integer> group : groups) {
      Holding holding = check(group, outcomes, List.of());
      whole &= holding.holders() == group.size() && holding.members() == group.size();
      effort = effort.plus(holding.effort());
    }
    return new Round(
        (ended - started) / 1e9,
        outcomes.values().stream().mapToDouble(Reply.Ended::matchmakingSeconds).max().orElse(0),
        outcomes.values().stream().mapToDouble(Reply.Ended::exchangeSeconds).max().orElse(0),
        effort,
        whole);
  }

  /** Fills contributions for the next epoch. */
  void prepare(Split split) throws BenchException, InterruptedException {
    epoch++;
    List<Reply.Done> _ = crew.of(everyone, number -> preparation(number, split), Reply.Done.class);
  }

  void start(List<Integer> numbers) {
    for (int number : numbers) {
      crew.worker(number).send(new Order.Average(LIMIT_SECONDS));
    }
  }

  private Order preparation(int number, Split split) {
    int group = groupOf(number);
    Guest guest = guests.get(number);
    return new Order.Prepare(
        "bench." + group,
        epoch,
        number,
        values,
        codec.name(),
        split,
        guest.weight(),
        guest.up(),
        guest.down(),
        groups.get(group).stream().filter(other -> other != number).map(crew::peer).toList(),
        (int) groups.get(group).stream().filter(each -> guests.get(each).weight() > 0).count());
  }

  private int groupOf(int number) {
    for (int group = 0; group < groups.size(); group++) {
      if (groups.get(group).contains(number)) {
        return group;
      }
    }
    throw new IllegalArgumentException("worker " + number + " is in no group");
  }

  /**
   * What a group ended with.
   *
   * @param holders how many hold the average
   * @param members how many the group was found to have
   * @param effort of the holders
   */
  record Holding(int holders, int members, Effort effort) {}

  /**
   * Compares what those of {@code group} hold that have an average.
   *
   * @param outcomes by number; of those who lived to have one
   * @param lost those of the group that did not
   */
  Holding check(List<Integer> group, Map<Integer, Reply.Ended> outcomes, List<Integer> lost)
      throws BenchException, InterruptedException {
    List<Integer> holders = new ArrayList<>();
    List<String> peers = List.of();
    Set<String> faulty = new HashSet<>();
    for (int number : group) {
      Reply.Ended outcome = outcomes.get(number);
      if (outcome != null && outcome.averaged()) {
        holders.add(number);
        peers = outcome.members();
        faulty.addAll(outcome.faulty());
      }
    }
    if (holders.isEmpty()) {
      return new Holding(0, 0, Effort.NONE);
    }
    List<String> found = peers;
    List<Integer> members = group.stream().filter(i -> found.contains(crew.peer(i))).toList();
    if (members.size() != peers.size()) {
      throw new BenchException("a round with members of another group");
    }
    // Whoever died, or was given up as too slow by somebody, may be missing from some chunks.
    List<Integer> doubtful =
        members.stream()
            .filter(number -> lost.contains(number) || faulty.contains(crew.peer(number)))
            .toList();
    return new Holding(holders.size(), members.size(), check(holders, members, doubtful));
  }

  /**
   * Compares what {@code holders} hold.
   *
   * @param givers all whose contributions may be in it
   * @param doubtful those of {@code givers} that may be missing from some chunks
   * @return the effort of the holders
   */
  Effort check(List<Integer> holders, List<Integer> givers, List<Integer> doubtful)
      throws BenchException, InterruptedException {
    List<Integer> seats = givers.stream().filter(i -> guests.get(i).weight() > 0).toList();
    Order order =
        new Order.Check(
            seats,
            seats.stream().map(seat -> guests.get(seat).weight()).toList(),
            doubtful.stream().map(seats::indexOf).filter(place -> place >= 0).toList());
    List<Reply.Checked> results = crew.of(holders, _ -> order, Reply.Checked.class);
    Effort effort = Effort.NONE;
    for (Reply.Checked result : results) {
      effort = effort.plus(result.effort());
      if (!result.digest().equals(results.getFirst().digest())) {
        throw new BenchException("members of one round hold different bits");
      }
      if (!(result.worstError() <= result.errorBound())) {
        throw new BenchException(
            "a value is off by %s; the codec allows %s"
                .formatted(result.worstError(), result.errorBound()));
      }
    }
    return effort;
  }

  /** Bytes that go from each worker to each other in a round with equal spans. */
  int[][] bytesOfEqualSpans() {
    int[][] bytes = new int[crew.size()][crew.size()];
    for (List<Integer> group : groups) {
      for (int from : group) {
        for (int to : group) {
          if (from != to) {
            // Contributions to the other's span, and averages of one's own.
            bytes[from][to] =
                Math.toIntExact(Math.round(2 * codec.bytesPerValue() * values / group.size()));
          }
        }
      }
    }
    return bytes;
  }
}
