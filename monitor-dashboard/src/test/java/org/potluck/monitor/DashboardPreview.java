package org.potluck.monitor;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Serves the page with made-up data, for looking at it. Arguments: port, and {@code empty} for a
 * run without peers.
 */
final class DashboardPreview {
  private DashboardPreview() {}

  public static void main(String[] arguments) throws InterruptedException {
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8080;
    Dashboard dashboard =
        Dashboard.start(
            new DashboardOptions(
                "127.0.0.1", port, Optional.empty(), List.of(), InstantSource.system()));
    System.out.println("Example data at " + dashboard.url());
    if (arguments.length > 1) {
      Thread.sleep(Duration.ofHours(1));
    }
    Monitor monitor = dashboard.monitor();
    monitor.run(Examples.run("example"));
    Instant now = Instant.now();
    long epoch = 0;
    for (; epoch < 140; epoch++) {
      tell(monitor, epoch, now.minusSeconds((140 - epoch) * 62));
      Thread.sleep(5);
    }
    while (true) {
      for (int second = 0; second < 62; second++) {
        Instant at = Instant.now();
        monitor.peers(Examples.peers(epoch, at));
        monitor.next(
            new NextRound(
                epoch,
                at.minusSeconds(second),
                at.plusSeconds(62 - second),
                "The slowest peer sets the pace.",
                second * 66L,
                4_096));
        Thread.sleep(1_000);
      }
      tell(monitor, epoch++, Instant.now());
    }
  }

  private static void tell(Monitor monitor, long epoch, Instant at) {
    monitor.peers(Examples.peers(epoch, at));
    monitor.epoch(Examples.epoch(epoch, at));
    monitor.round(Examples.round(epoch, at.minusSeconds(2)));
    if (epoch % 20 == 19) {
      monitor.sample(
          new ModelSample(
              epoch,
              at,
              "public static void ",
              "main(String[] args) {\n    // made-up sample at epoch "
                  + epoch
                  + "\n    return this.value;\n  }\n"));
    }
    if (epoch % 12 == 5) {
      monitor.event(
          new Notice(
              Notice.Severity.INFO,
              "example-laptop joined from behind a home router, through a relay.",
              at));
    }
    if (epoch % 17 == 9) {
      monitor.event(
          new Notice(
              Notice.Severity.WARNING,
              "The round of epoch "
                  + epoch
                  + " was abandoned; everyone keeps what they learnt and tries again.",
              at));
    }
  }
}
