package org.potluck.peer.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;

/** Measures the parts of one benchmark one after the other and says how far it is. */
public final class BenchRun {
  private BenchRun() {}

  /**
   * @param wanted names of cases; empty for all
   * @param out for lines that belong to the result
   */
  public static BenchReport of(Bench bench, Set<String> wanted, PrintWriter out)
      throws UserException, InterruptedException {
    List<Bench.Part> offered = bench.parts();
    List<Bench.Part> parts =
        offered.stream()
            .filter(part -> wanted.isEmpty() || part.cases().stream().anyMatch(wanted::contains))
            .toList();
    if (parts.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "--case must be one of "
              + offered.stream().flatMap(part -> part.cases().stream()).toList());
    }
    Machine machine = Machine.here();
    List<BenchCase> cases = new ArrayList<>();
    for (Bench.Part part : parts) {
      try (ProgressLine progress = ProgressLine.start()) {
        progress.begin(parts.indexOf(part) + 1, parts.size(), part);
        for (BenchCase one : part.work().run()) {
          if (wanted.isEmpty() || wanted.contains(one.name())) {
            cases.add(one);
          }
        }
      } catch (BenchException e) {
        throw new UserException(
            ExitCode.DISAGREEMENT,
            String.join(", ", part.cases()) + " cannot be reported: " + e.getMessage());
      } catch (IOException e) {
        throw new UserException(
            ExitCode.MACHINE, String.join(", ", part.cases()) + ": " + e.getMessage());
      }
    }
    BenchReport report = new BenchReport(bench.name(), machine, cases);
    out.printf(
        "%s on %s, %d cores, %s, load %.1f before, %s%n",
        bench.name(),
        machine.processor(),
        machine.cores(),
        machine.system(),
        machine.loadBefore(),
        machine.started());
    out.print(report.table());
    out.flush();
    return report;
  }
}
