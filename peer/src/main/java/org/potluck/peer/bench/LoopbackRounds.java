package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.potluck.averaging.codec.CodecId;
import org.potluck.peer.bench.worker.Split;

/**
 * Rounds between processes on this machine, in turns with plain sockets that move the same bytes:
 * whatever else the machine does hits both.
 *
 * @param peers processes
 * @param groupSize how many of them average with each other; {@code peers} is a multiple of it
 * @param values of each contribution
 */
record LoopbackRounds(String name, int peers, int groupSize, int values, int rounds) {
  /**
   * Peers declare no rate here. What they would have measured on this interface is so much that
   * chunks are as large as they may be, as they are where no rate is known. A rate of the usual
   * home link would have them cut for such a link: seven times as many, each a message.
   */
  private static final double NOT_MEASURED = 0;

  Bench.Part part(Duration estimate) {
    return new Bench.Part(
        List.of(name),
        "%d rounds of %d processes, %.1f M values".formatted(rounds, peers, values / 1e6),
        estimate,
        this::measure);
  }

  private List<BenchCase> measure() throws BenchException, IOException, InterruptedException {
    List<Meeting.Guest> guests = new ArrayList<>();
    List<List<Integer>> groups = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      guests.add(new Meeting.Guest(1 + i, NOT_MEASURED, NOT_MEASURED));
      if (i % groupSize == 0) {
        groups.add(new ArrayList<>());
      }
      groups.getLast().add(i);
    }
    List<Meeting.Round> measured = new ArrayList<>();
    List<RawMoves.Moved> raw = new ArrayList<>();
    Warmup warmup = new Warmup();
    double first = 0;
    int incomplete = 0;
    try (Crew crew = Crew.start(Crew.Berth.here(peers))) {
      Meeting meeting = new Meeting(crew, guests, groups, values, CodecId.FLOAT16);
      crew.connect();
      while (!warmup.done()) {
        Meeting.Round round = meeting.round(Split.PLAN);
        RawMoves.Moved _ = RawMoves.move(crew, meeting.bytesOfEqualSpans());
        if (warmup.rounds() == 0) {
          first = round.seconds();
        }
        warmup.add(round.effort());
      }
      for (int i = 0; i < rounds; i++) {
        Meeting.Round round = meeting.round(Split.PLAN);
        RawMoves.Moved sockets = RawMoves.move(crew, meeting.bytesOfEqualSpans());
        if (round.whole()) {
          measured.add(round);
          raw.add(sockets);
        } else {
          incomplete++;
        }
      }
    }
    if (incomplete > rounds / 2) {
      throw new BenchException(
          "in %d of %d rounds not everybody found the group in time; the machine is too busy"
              .formatted(incomplete, rounds));
    }
    Map<String, Double> metrics = metrics(measured, raw);
    metrics.put("seconds_of_first_round", first);
    metrics.put("rounds_to_warm_up", (double) warmup.rounds());
    metrics.put("rounds_measured", (double) measured.size());
    metrics.put("rounds_incomplete", (double) incomplete);
    return List.of(new BenchCase(name, metrics));
  }

  private static Map<String, Double> metrics(
      List<Meeting.Round> measured, List<RawMoves.Moved> moved) {
    Spread seconds = Spread.of(measured.stream().map(Meeting.Round::seconds).toList());
    Spread raw = Spread.of(moved.stream().map(RawMoves.Moved::seconds).toList());
    double rawProcessor =
        Spread.of(moved.stream().map(RawMoves.Moved::processorSeconds).toList()).median();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("seconds_median", seconds.median());
    metrics.put("seconds_min", seconds.min());
    metrics.put("seconds_max", seconds.max());
    metrics.put("ratio_to_raw_sockets", seconds.median() / raw.median());
    metrics.put("raw_sockets_seconds_median", raw.median());
    metrics.put("raw_sockets_seconds_min", raw.min());
    metrics.put("matchmaking_seconds_median", median(measured, Meeting.Round::matchmakingSeconds));
    metrics.put("exchange_seconds_median", median(measured, Meeting.Round::exchangeSeconds));
    metrics.put("processor_seconds_median", median(measured, round -> round.effort().processor()));
    metrics.put("compiler_seconds_median", median(measured, round -> round.effort().compiler()));
    metrics.put("raw_sockets_processor_seconds_median", rawProcessor);
    return metrics;
  }

  private static double median(
      List<Meeting.Round> measured, Function<Meeting.Round, Double> figure) {
    return Spread.of(measured.stream().map(figure).toList()).median();
  }
}
