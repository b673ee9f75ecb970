package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.trust.Audit;
import org.potluck.trainer.TrainerState;

/** Others whose every move a test decides; alone, it hands back what it is given. */
final class FakeSwarm implements Swarm {
  static final Duration ROUND_TAKES = Duration.ofSeconds(3);
  private static final int REPORTS_MAX = 1000;

  /** What was brought to a round. */
  record Brought(long epoch, long samples, float gradient) {}

  final List<OwnProgress> reports = new ArrayList<>();
  final List<OwnProgress> farewells = new ArrayList<>();
  final List<Brought> brought = new ArrayList<>();
  final List<Duration> waits = new ArrayList<>();
  final List<String> offers = new ArrayList<>();
  final Deque<Audit> audits = new ArrayDeque<>();
  final List<Double> audited = new ArrayList<>();
  final Deque<RoundOutcome> outcomes = new ArrayDeque<>();
  final Deque<Optional<TrainerState>> downloads = new ArrayDeque<>();
  final Deque<Step> missed = new ArrayDeque<>();
  final List<Step> passed = new ArrayList<>();
  Runnable duringRounds = () -> {};
  Runnable duringWaits = () -> {};
  long epochOfOthers;
  long samplesOfOthers;
  int looksUntilOthersArrive;
  int peers = 1;
  boolean called;
  boolean covered;
  boolean contested;
  final List<Boolean> judgements = new ArrayList<>();
  long lastEpochOfOthers;
  volatile boolean withdrawn;

  /** Why nothing is to be had, until then. */
  @Nullable Barred barred;

  private final ManualClock clock;

  FakeSwarm(ManualClock clock) {
    this.clock = clock;
  }

  static RoundOutcome averaged(float gradient, double weight) {
    var average = MemorySegment.ofArray(new float[] {gradient});
    return new RoundOutcome.Averaged(average, weight, List.of(), List.of(), timing());
  }

  static RoundOutcome abandoned() {
    return new RoundOutcome.Abandoned(
        RoundOutcome.Cause.NO_GROUP, "nobody came", List.of(), timing());
  }

  private static RoundOutcome.RoundTiming timing() {
    return new RoundOutcome.RoundTiming(Duration.ZERO, Duration.ZERO);
  }

  @Override
  public SwarmView report(OwnProgress own) {
    reports.add(own);
    if (reports.size() > REPORTS_MAX) {
      throw new AssertionError("the loop does not come to an end: " + own);
    }
    long epoch = Math.max(epochOfOthers, own.epoch());
    long samples = own.epoch() == epoch ? own.samples() : 0;
    return new SwarmView(
        epoch,
        own.epoch() < epoch,
        contested && own.epoch() < epoch,
        samples + (epochOfOthers == epoch ? samplesOfOthers : 0),
        peers,
        called,
        covered,
        lastEpochOfOthers);
  }

  @Override
  public void withdraw() {
    withdrawn = true;
  }

  @Override
  public boolean othersBehind(long epoch) {
    return looksUntilOthersArrive-- > 0;
  }

  @Override
  public void leave(OwnProgress own) {
    farewells.add(own);
  }

  @Override
  public void awaitChange(Duration limit) {
    waits.add(limit);
    clock.advance(limit);
    duringWaits.run();
  }

  @Override
  public RoundOutcome average(long epoch, MemorySegment gradients, long samples) {
    float gradient = gradients.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
    brought.add(new Brought(epoch, samples, gradient));
    clock.advance(ROUND_TAKES);
    duringRounds.run();
    RoundOutcome next = outcomes.poll();
    return next != null
        ? next
        : new RoundOutcome.Averaged(gradients, samples, List.of(), List.of(), timing());
  }

  @Override
  public Optional<Audit> audit() {
    return Optional.ofNullable(audits.poll());
  }

  @Override
  public void audited(Audit audit, double similarity) {
    audited.add(similarity);
  }

  @Override
  public Optional<Step> missed(long epoch, String digest) {
    return Optional.ofNullable(missed.poll());
  }

  @Override
  public Optional<Barred> barred() {
    return Optional.ofNullable(barred).filter(ban -> ban.until().isAfter(clock.instant()));
  }

  @Override
  public void judged(boolean taken) {
    judgements.add(taken);
  }

  @Override
  public void passed(Step step) {
    passed.add(step);
  }

  @Override
  public Optional<TrainerState> download(long epoch) {
    return downloads.remove();
  }

  @Override
  public void offer(TrainerState state, String digest) {
    offers.add(state.epoch() + ": " + digest);
  }
}
