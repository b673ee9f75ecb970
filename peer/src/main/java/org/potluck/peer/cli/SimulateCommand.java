package org.potluck.peer.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.simulate.Simulator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "simulate",
    description = "Run the same swarm in virtual time, from a scenario and a seed.")
final class SimulateCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "SCENARIO",
      description = "The scenario's file; docs/scenarios has some to start from.")
  private Path scenario = Path.of("scenario.yaml");

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Everything random follows from it (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--report", paramLabel = "FILE", description = "Write a report as JSON.")
  private @Nullable Path report;

  @Option(
      names = "--timeline",
      paramLabel = "FILE",
      description = "Write what happened, one JSON object a line.")
  private @Nullable Path timeline;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException {
    ReportFile.check(report, "--report");
    ReportFile.check(timeline, "--timeline");
    return Simulator.run(scenario, seed, report, timeline, spec.commandLine().getOut()).status();
  }
}
