package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** One of the program's benchmarks: a few parts, measured one after the other. */
public interface Bench {
  /** What stands on the command line and in the report. */
  String name();

  /** In the order in which they are measured. */
  List<Part> parts();

  /**
   * Cases that are measured together.
   *
   * @param cases their names, in order
   * @param what one phrase for a person: what is being measured
   * @param estimate how long it takes on a usual machine
   */
  record Part(List<String> cases, String what, Duration estimate, Work work) {
    public Part {
      cases = List.copyOf(cases);
    }
  }

  /** Measures. */
  @FunctionalInterface
  interface Work {
    /**
     * @throws BenchException when what came out is wrong, so that how fast it came says nothing
     */
    List<BenchCase> run() throws BenchException, IOException, InterruptedException;
  }
}
