package org.potluck.peer.simulate;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.network.Traffic;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.training.TrainingTally;
import org.potluck.trainer.Trainer;

/** A peer over all its lives, and what they add up to. */
final class Participant {
  final String name;
  final Scenario.PeerClass peerClass;
  final Portion portion;
  private @Nullable Session session;
  private String id = "";
  private long epoch;
  private String digest = "";
  private long samples;
  private long roundsAveraged;
  private long roundsFailed;
  private double lossFirst = Double.NaN;
  private double lossLast = Double.NaN;
  private Traffic traffic = Traffic.NONE;
  private Duration here = Duration.ZERO;
  private Duration training = Duration.ZERO;
  private Duration averaging = Duration.ZERO;

  Participant(String name, Scenario.PeerClass peerClass, Portion portion) {
    this.name = name;
    this.peerClass = peerClass;
    this.portion = portion;
  }

  void begin(Session newSession) {
    session = newSession;
  }

  @Nullable SimulatedNetwork network() {
    return session == null ? null : session.network();
  }

  boolean there() {
    return session != null && session.network().alive();
  }

  /** Its newest word of itself, while it is there and has said one. */
  Optional<PeerProgress> word() {
    return session == null || !there() ? Optional.empty() : session.word();
  }

  boolean complete() {
    return session != null && session.complete();
  }

  /** Of its model now; minus one while it is away. */
  long epoch() {
    return session == null ? -1 : session.trainer().epoch();
  }

  /** Its model now; empty while it is away. */
  Optional<Trainer> model() {
    return Optional.ofNullable(session).map(Session::trainer);
  }

  /** Adds up the life that ends now. */
  void end(Duration now) {
    Session ended = session;
    if (ended == null) {
      return;
    }
    session = null;
    TrainingTally tally = ended.tally();
    id = ended.network().self().toString();
    epoch = ended.trainer().epoch();
    digest = ended.trainer().parameterDigest();
    samples += tally.samples();
    roundsAveraged += tally.roundsAveraged();
    roundsFailed += tally.roundsFailed();
    if (Double.isNaN(lossFirst)) {
      lossFirst = tally.lossFirst();
    }
    if (!Double.isNaN(tally.lossLast())) {
      lossLast = tally.lossLast();
    }
    traffic = traffic.plus(ended.network().total());
    here = here.plus(ended.lasted(now));
    training = training.plus(tally.training());
    averaging = averaging.plus(tally.averaging());
    ended.end();
    ended.trainer().close();
  }

  PeerReport report() {
    double all = seconds(here);
    return new PeerReport(
        id,
        name,
        epoch,
        digest,
        samples,
        lossFirst,
        lossLast,
        traffic.bytesSent(),
        traffic.bytesReceived(),
        roundsAveraged,
        roundsFailed,
        seconds(training),
        seconds(averaging),
        Math.max(0, all - seconds(training) - seconds(averaging)));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
