package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.plan.PlanMember;
import org.potluck.averaging.plan.Planner;
import org.potluck.network.Bandwidth;
import org.potluck.peer.bench.ShapedStreet.House;
import org.potluck.peer.bench.worker.Split;

/**
 * Rounds over links of given rates: the plan beside an equal split and a parameter server, each
 * measured, and beside what the plan says the links allow.
 *
 * <p>Members declare what one plain TCP connection was just seen to move through their link, as a
 * peer would that measures it: headers take some of every link.
 *
 * @param trainers the first so many houses contribute, the rest only lend their links
 */
record ShapedRounds(String name, String what, List<House> houses, int trainers, int rounds) {
  private static final int VALUES = 8_000_000;

  /**
   * Rounds until compilers are done, of short vectors, which have nearly as many chunks: a peer
   * that has just begun takes a tenth longer for a round, most of all with six of them on two
   * cores.
   */
  private static final int WARMUP = 15;

  private static final int WARMUP_VALUES = VALUES / 8;

  /** And of whole vectors, until memory for them is there to be used again. */
  private static final int WARMUP_WHOLE = 3;

  private static final CodecId CODEC = CodecId.FLOAT16;
  private static final double GAUGE_SECONDS = 2;
  private static final int GAUGES = 3;
  private static final int ATTEMPTS = 5;

  ShapedRounds {
    houses = List.copyOf(houses);
  }

  /** The cases of the design, with homes of 20 Mbit/s up and 200 down. */
  static List<ShapedRounds> all(int rounds) {
    return List.of(
        new ShapedRounds(
            "home-links", "4 homes", List.of(home(), home(), home(), home()), 4, rounds),
        new ShapedRounds(
            "fast-servers",
            "4 homes and 2 servers of 400 Mbit/s",
            List.of(home(), home(), home(), home(), house(400, 400, true), house(400, 400, true)),
            6,
            rounds),
        new ShapedRounds(
            "auxiliaries",
            "4 homes, and 2 auxiliaries of 100 Mbit/s",
            List.of(home(), home(), home(), home(), house(100, 100, true), house(100, 100, true)),
            4,
            rounds),
        new ShapedRounds(
            "firewalled",
            "4 homes that nobody can dial, and 2 better ones that can be",
            List.of(
                house(20, 200, false),
                house(20, 200, false),
                house(20, 200, false),
                house(20, 200, false),
                house(50, 200, true),
                house(100, 200, true)),
            6,
            rounds));
  }

  private static House home() {
    return house(20, 200, true);
  }

  private static House house(double up, double down, boolean reachable) {
    return new House(
        Bandwidth.ofMegabitsPerSecond(up), Bandwidth.ofMegabitsPerSecond(down), reachable);
  }

  Bench.Part part() {
    return new Bench.Part(
        List.of(name),
        what + ", 8 M values, three splits",
        Duration.ofSeconds(95 + 40L * rounds),
        this::measure);
  }

  private List<BenchCase> measure() throws BenchException, IOException, InterruptedException {
    List<House> all = new ArrayList<>(houses);
    int gauge = houses.size();
    // One more that is not shaped, to measure the others' links with.
    all.add(new House(Bandwidth.NONE, Bandwidth.NONE, true));
    try (ShapedStreet street = ShapedStreet.build(all);
        Crew crew =
            Crew.start(
                IntStream.range(0, all.size())
                    .mapToObj(i -> street.berth(i, all.get(i).reachable()))
                    .toList())) {
      crew.connect();
      double up = goodput(crew, gauge, true);
      double down = goodput(crew, gauge, false);
      List<Integer> members = IntStream.range(0, houses.size()).boxed().toList();
      Meeting warmup =
          new Meeting(
              crew,
              members.stream().map(i -> guest(i, up, down)).toList(),
              List.of(members),
              WARMUP_VALUES,
              CODEC);
      for (int i = 0; i < WARMUP; i++) {
        double _ = measure(warmup, Split.PLAN);
      }
      Meeting meeting = warmup.continuedWith(VALUES);
      for (int i = 0; i < WARMUP_WHOLE; i++) {
        double _ = measure(meeting, Split.PLAN);
      }
      Map<Split, List<Double>> seconds = new EnumMap<>(Split.class);
      for (int i = 0; i < rounds; i++) {
        for (Split split : Split.values()) {
          seconds.computeIfAbsent(split, _ -> new ArrayList<>()).add(measure(meeting, split));
        }
      }
      return List.of(new BenchCase(name, metrics(seconds, up, down)));
    }
  }

  /** A round in which everybody takes part. */
  private static double measure(Meeting meeting, Split split)
      throws BenchException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Meeting.Round round = meeting.round(split);
      if (round.whole()) {
        return round.seconds();
      }
    }
    throw new BenchException("not everybody found the group in time; the machine is too busy");
  }

  private Meeting.Guest guest(int number, double up, double down) {
    House house = houses.get(number);
    return new Meeting.Guest(
        number < trainers ? 1 + number : 0,
        house.up().bytesPerSecond() * up,
        house.down().bytesPerSecond() * down);
  }

  /** The part of every link's rate that plain TCP turns into payload: the worst link's best. */
  private double goodput(Crew crew, int gauge, boolean up)
      throws BenchException, InterruptedException {
    int[][] bytes = new int[crew.size()][crew.size()];
    for (int i = 0; i < houses.size(); i++) {
      House house = houses.get(i);
      double rate = (up ? house.up() : house.down()).bytesPerSecond();
      int amount = (int) (rate * GAUGE_SECONDS);
      bytes[up ? i : gauge][up ? gauge : i] = amount;
    }
    double best = 0;
    for (int i = 0; i < GAUGES; i++) {
      best = Math.max(best, GAUGE_SECONDS / RawMoves.move(crew, bytes).seconds());
    }
    return best;
  }

  private Map<String, Double> metrics(Map<Split, List<Double>> all, double up, double down) {
    Spread seconds = spread(all, Split.PLAN);
    double plan = seconds.median();
    double equal = spread(all, Split.EQUAL).median();
    double server = spread(all, Split.PARAMETER_SERVER).median();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("ratio_to_plan", plan / planned(Split.PLAN, up, down));
    metrics.put("ratio_to_equal_split", plan / equal);
    metrics.put("ratio_to_parameter_server", plan / server);
    metrics.put("share_of_bottleneck", planned(Split.PLAN, 1, 1) / plan);
    metrics.put("seconds_median", plan);
    metrics.put("seconds_max", seconds.max());
    metrics.put("plan_seconds", planned(Split.PLAN, up, down));
    metrics.put("equal_split_seconds_median", equal);
    metrics.put("equal_split_plan_seconds", planned(Split.EQUAL, up, down));
    metrics.put("parameter_server_seconds_median", server);
    metrics.put("parameter_server_plan_seconds", planned(Split.PARAMETER_SERVER, up, down));
    metrics.put("tcp_share_of_uplink", up);
    metrics.put("tcp_share_of_downlink", down);
    return metrics;
  }

  private static Spread spread(Map<Split, List<Double>> seconds, Split split) {
    return Spread.of(seconds.getOrDefault(split, List.of()));
  }

  private double planned(Split split, double up, double down) {
    PlanMember[] members = new PlanMember[houses.size()];
    Arrays.setAll(
        members,
        i -> {
          Meeting.Guest guest = guest(i, up, down);
          return Split.member(
              guest.up(), guest.down(), guest.weight() > 0, houses.get(i).reachable());
        });
    List<PlanMember> all = List.of(members);
    return Planner.time(split.plan(CODEC, all, VALUES), all);
  }
}
