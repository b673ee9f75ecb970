package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.potluck.averaging.codec.CodecId;
import org.potluck.peer.bench.worker.Reply;
import org.potluck.peer.bench.worker.Split;

/**
 * Rounds in which one reducer is lost at a random moment, in turns with rounds in which nobody is:
 * how long the others take, and whether what they hold is right.
 *
 * @param frozen the process is stopped and its connections stay open, as when a cable is pulled;
 *     otherwise it is killed and they break
 * @param losses how many reducers are lost
 */
record LostReducer(String name, boolean frozen, int losses) {
  private static final int PEERS = 4;
  private static final int VALUES = 4_000_000;
  private static final int WARMUP = 5;
  private static final double USUAL_LINK = 12.5e6;

  /** Rounds with a new process before one counts: its compiler has to warm up. */
  private static final int WARMUP_NEW = 2;

  private static final long SEED = 1;

  Bench.Part part() {
    return new Bench.Part(
        List.of(name),
        "%d rounds of %d processes, one of which is %s"
            .formatted(losses, PEERS, frozen ? "frozen" : "killed"),
        Duration.ofSeconds(15 + losses * (frozen ? 15L : 6L)),
        this::measure);
  }

  /** What the losses did to their rounds. */
  private static final class Tally {
    final List<Double> undisturbed = new ArrayList<>();
    final List<Double> disturbed = new ArrayList<>();
    int finished;
    int tooLate;
  }

  private List<BenchCase> measure() throws BenchException, IOException, InterruptedException {
    Random random = new Random(SEED);
    Tally tally = new Tally();
    List<Meeting.Guest> guests =
        Collections.nCopies(PEERS, new Meeting.Guest(1, USUAL_LINK, USUAL_LINK));
    try (Crew crew = Crew.start(Crew.Berth.here(PEERS))) {
      Meeting meeting =
          new Meeting(crew, guests, List.of(crew.everyone()), VALUES, CodecId.FLOAT16);
      for (int i = 0; i < WARMUP; i++) {
        meeting.round(Split.PLAN);
      }
      while (tally.disturbed.size() < losses) {
        Meeting.Round round = meeting.round(Split.PLAN);
        tally.undisturbed.add(round.seconds());
        double usual = Spread.of(tally.undisturbed).median();
        int victim = random.nextInt(PEERS);
        disturb(crew, meeting, victim, usual * random.nextDouble(), tally);
        crew.replace(victim);
        for (int i = 0; i < WARMUP_NEW; i++) {
          meeting.round(Split.PLAN);
        }
        if (tally.tooLate > 10 + 2 * losses) {
          throw new BenchException("rounds end before anybody can be taken out of them");
        }
      }
    }
    return List.of(new BenchCase(name, metrics(tally)));
  }

  private void disturb(Crew crew, Meeting meeting, int victim, double after, Tally tally)
      throws BenchException, IOException, InterruptedException {
    List<Integer> others = crew.everyone().stream().filter(i -> i != victim).toList();
    meeting.prepare(Split.PLAN);
    long started = System.nanoTime();
    meeting.start(crew.everyone());
    Thread.sleep(Duration.ofNanos((long) (after * 1e9)));
    if (frozen) {
      crew.worker(victim).freeze();
    } else {
      crew.worker(victim).kill();
    }
    long lost = System.nanoTime();
    long ended = started;
    List<Integer> holders = new ArrayList<>();
    for (int other : others) {
      var outcome = crew.worker(other).await(Reply.Ended.class, Crew.LIMIT);
      ended = Math.max(ended, outcome.nanos());
      if (outcome.reply().averaged()) {
        holders.add(other);
      }
    }
    if (!holders.isEmpty()) {
      // Chunks that were done keep what the lost one gave, the others do without.
      double _ = meeting.check(holders, crew.everyone(), List.of(victim));
    }
    if (ended < lost) {
      tally.tooLate++;
      return;
    }
    tally.disturbed.add((ended - started) / 1e9);
    tally.finished += holders.size() == others.size() ? 1 : 0;
  }

  private Map<String, Double> metrics(Tally tally) {
    Spread disturbed = Spread.of(tally.disturbed);
    Spread undisturbed = Spread.of(tally.undisturbed);
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("seconds_p50", disturbed.median());
    metrics.put("seconds_p95", disturbed.quantile(0.95));
    metrics.put("seconds_max", disturbed.max());
    metrics.put("seconds_undisturbed_p50", undisturbed.median());
    metrics.put("seconds_undisturbed_p95", undisturbed.quantile(0.95));
    metrics.put("finished_share", (double) tally.finished / tally.disturbed.size());
    metrics.put("losses", (double) tally.disturbed.size());
    metrics.put("losses_after_the_end", (double) tally.tooLate);
    return metrics;
  }
}
