package org.potluck.peer.simulate;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.network.simulation.Note;
import org.potluck.network.simulation.SimulationException;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.run.Ticker;

/** {@code potluck simulate}: a scenario from its file to its summary. */
public final class Simulator {
  private Simulator() {}

  /**
   * @param report where to write the report, if anywhere
   * @param timeline where to write what happened, for people and to be replayed, if anywhere
   * @throws ManifestException when the scenario cannot be used; names the line
   */
  public static ExitCode run(
      Path scenario, long seed, @Nullable Path report, @Nullable Path timeline, PrintWriter out)
      throws UserException, ManifestException {
    Scenario read = ScenarioFile.read(scenario);
    try (TinyModels models = new TinyModels();
        Spectator spectator = timeline == null ? null : Spectator.writing(timeline)) {
      long began = System.nanoTime();
      ScenarioRun run = new ScenarioRun(read, seed, models);
      if (spectator != null) {
        run.watchedBy(spectator);
      }
      Map<String, Integer> topics = new TreeMap<>();
      run.onNote(note -> topics.merge(note.topic(), 1, Integer::sum));
      Ticker ticker = Ticker.onErrors();
      run.onProgress(ticker::at);
      Outcome result = run.run();
      ticker.clear();
      ScenarioSummary.print(read, seed, result, (System.nanoTime() - began) / 1e9, out);
      ScenarioSummary.story(topics, out);
      if (report != null) {
        result.report().write(report);
      }
      return ExitCode.OK;
    } catch (SimulationException e) {
      throw new UserException(
          ExitCode.DISAGREEMENT, "the simulation failed: " + e.getMessage() + "\n" + read);
    } catch (IOException | UncheckedIOException e) {
      throw new UserException(ExitCode.MACHINE, "cannot write: " + e.getMessage());
    }
  }

  /**
   * Runs a scenario given as text, for tests of the whole swarm.
   *
   * @param story hears every note
   * @throws SimulationException when a peer's logic fails; tells seed, commit, faults and story
   */
  public static Outcome run(String scenario, long seed, Consumer<Note> story)
      throws ManifestException, IOException {
    try (TinyModels models = new TinyModels()) {
      ScenarioRun run = new ScenarioRun(ScenarioFile.parse(scenario, "scenario"), seed, models);
      run.onNote(story);
      return run.run();
    }
  }
}
