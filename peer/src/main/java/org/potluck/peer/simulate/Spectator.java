package org.potluck.peer.simulate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.progress.RoundNotes;
import org.potluck.monitor.Recorder;
import org.potluck.monitor.RunInfo;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.Commit;
import org.potluck.network.simulation.Faults;
import org.potluck.network.simulation.Note;
import org.potluck.network.simulation.Simulation;
import org.potluck.peer.run.Chronicle;

/**
 * Looks at the whole swarm from outside and writes down what a dashboard would have shown. Sees
 * everybody, parted or not, costs no simulated message, and so changes nothing in the simulation.
 */
final class Spectator implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final Recorder recorder;
  private Duration now = Duration.ZERO;
  private Duration looked = Duration.ofSeconds(-1000);
  private @Nullable Chronicle chronicle;

  private Spectator(Path file) throws IOException {
    InstantSource clock = () -> Simulation.START.plus(now);
    recorder = Recorder.to(file, clock);
  }

  static Spectator writing(Path file) throws IOException {
    return new Spectator(file);
  }

  /**
   * Before anything happens: what is about to be simulated.
   *
   * @param faults as given or drawn
   */
  void begin(Scenario scenario, Faults faults, long seed) {
    Scenario.Run run = scenario.run();
    recorder.run(
        new RunInfo(
            "simulated-" + seed,
            scenario.name() + " (simulated)",
            "",
            run.training() == Scenario.Training.TOY ? "toy problem" : "gpt, 2 layers",
            run.training() == Scenario.Training.TOY ? "value" : "byte",
            run.values(),
            run.targetBatch(),
            Simulation.START,
            "potluck simulate --seed " + seed + ", commit " + Commit.current()));
    recorder.note(Duration.ZERO, "", "configuration", scenario.toString());
    if (scenario.drawFaults()) {
      recorder.note(Duration.ZERO, "", "drawn", faults.toString());
    }
    chronicle = new Chronicle(recorder, run.targetBatch(), 1, Optional.empty(), Simulation.START);
  }

  /** Something happened that a person may want to read. */
  void note(Note note) {
    recorder.note(note.at(), note.peer(), note.topic(), note.text());
  }

  /** A peer's round has ended. */
  void round(PeerId peer, Scenario.PeerClass peerClass, RoundNote note, Duration at) {
    now = at;
    if (chronicle != null) {
      chronicle.told(
          peer,
          new RoundNotes(
              peerClass.up().bytesPerSecond(), peerClass.down().bytesPerSecond(), List.of(note)),
          instant());
    }
  }

  /** Time has passed; {@code trainers} are those that are there, with their newest words. */
  void look(List<PeerProgress> trainers, Duration at) {
    now = at;
    if (chronicle == null) {
      return;
    }
    if (at.minus(looked).compareTo(LOOK_EVERY) >= 0) {
      looked = at;
      chronicle.look(trainers, peer -> Optional.empty(), peer -> false, instant());
    } else {
      chronicle.heard(trainers, instant());
    }
  }

  private Instant instant() {
    return Simulation.START.plus(now);
  }

  @Override
  public void close() throws IOException {
    recorder.close();
  }
}
