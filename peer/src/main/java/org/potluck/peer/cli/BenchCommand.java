package org.potluck.peer.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.bench.AveragingFigures;
import org.potluck.peer.bench.Bench;
import org.potluck.peer.bench.BenchRun;
import org.potluck.peer.bench.CodecFigures;
import org.potluck.peer.bench.DhtFigures;
import org.potluck.peer.bench.NetworkFigures;
import org.potluck.peer.bench.TrainerFigures;
import org.potluck.peer.run.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "bench", description = "Measure how fast Potluck is on this machine.")
final class BenchCommand implements Callable<Integer> {
  /** What can be measured. */
  enum Subject {
    AVERAGING(15),
    DHT(1),
    CODEC(9),
    TRAINER(9),
    NETWORK(5);

    private final int roundsThatSuit;

    Subject(int roundsThatSuit) {
      this.roundsThatSuit = roundsThatSuit;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "WHAT", description = "One of ${COMPLETION-CANDIDATES}.")
  private Subject subject = Subject.CODEC;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures, as JSON.")
  private @Nullable Path json;

  @Option(
      names = "--case",
      paramLabel = "NAME",
      description = "Only this case; can be given several times.")
  private List<String> cases = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each is measured (default: what suits it).")
  private @Nullable Integer rounds;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, InterruptedException {
    ReportFile.check(json, "--json");
    int times = rounds == null ? subject.roundsThatSuit : rounds;
    if (times < 1 || times > 10_000) {
      throw new UserException(ExitCode.USAGE, "--rounds must be 1 to 10000, not " + times);
    }
    var report = BenchRun.of(bench(times), new LinkedHashSet<>(cases), spec.commandLine().getOut());
    Path to = json;
    if (to != null) {
      try {
        report.write(to);
      } catch (IOException e) {
        throw new UserException(
            ExitCode.MACHINE, "cannot write %s (%s); see --json".formatted(to, Trouble.of(e)));
      }
    }
    return ExitCode.OK.status();
  }

  private Bench bench(int rounds) {
    return switch (subject) {
      case AVERAGING -> new AveragingFigures(rounds);
      case DHT -> new DhtFigures();
      case CODEC -> new CodecFigures(rounds);
      case TRAINER -> new TrainerFigures(rounds);
      case NETWORK -> new NetworkFigures(rounds);
    };
  }
}
