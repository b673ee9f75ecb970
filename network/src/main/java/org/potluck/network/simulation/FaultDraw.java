package org.potluck.network.simulation;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.potluck.network.simulation.Faults.Clocks;
import org.potluck.network.simulation.Faults.Crashes;
import org.potluck.network.simulation.Faults.Devices;
import org.potluck.network.simulation.Faults.Lies;
import org.potluck.network.simulation.Faults.Links;
import org.potluck.network.simulation.Faults.PartitionMode;
import org.potluck.network.simulation.Faults.Partitions;
import org.potluck.network.simulation.Faults.Stalls;

/** Draws {@link Faults}; magnitudes are uniform in their logarithm. */
final class FaultDraw {
  private final RandomGenerator random;

  private FaultDraw(RandomGenerator random) {
    this.random = random;
  }

  static Faults draw(RandomGenerator random) {
    FaultDraw draw = new FaultDraw(random);
    return new Faults(
        draw.links(),
        random.nextBoolean()
            ? new Stalls(draw.seconds(10, 600), draw.seconds(0.1, 40))
            : Stalls.NONE,
        random.nextBoolean() ? draw.partitions() : Partitions.NONE,
        random.nextBoolean() ? draw.crashes() : Crashes.NONE,
        random.nextBoolean() ? new Devices(random.nextDouble(), draw.between(1, 20)) : Devices.NONE,
        random.nextBoolean()
            ? new Clocks(draw.seconds(0.01, 2), draw.between(1e-6, 1e-3))
            : Clocks.NONE,
        random.nextBoolean() ? draw.lies() : Lies.NONE);
  }

  /** Delay, loss and bandwidth are kinds of their own. */
  private Links links() {
    Duration min = Duration.ZERO;
    Duration mean = Duration.ZERO;
    Duration jitter = Duration.ZERO;
    if (random.nextBoolean()) {
      min = seconds(0.001, 0.05);
      mean = min.plus(seconds(0.001, 0.2));
      jitter = seconds(0.001, 0.2);
    }
    double loss = random.nextBoolean() ? between(1e-4, 0.05) : 0;
    boolean narrow = random.nextBoolean();
    return new Links(
        min,
        mean,
        jitter,
        loss,
        narrow ? between(0.05, 1) : 1,
        narrow ? between(0.05, 1) : 1,
        narrow ? seconds(5, 300) : Duration.ZERO);
  }

  private Partitions partitions() {
    PartitionMode[] modes = PartitionMode.values();
    return new Partitions(
        modes[random.nextInt(modes.length)],
        random.nextDouble(),
        seconds(10, 600),
        seconds(1, 90),
        seconds(1, 20));
  }

  private Crashes crashes() {
    return new Crashes(
        seconds(30, 1800),
        seconds(1, 120),
        random.nextDouble(),
        random.nextDouble(),
        between(0.1, 0.5));
  }

  private Lies lies() {
    return new Lies(
        between(0.05, 0.3),
        random.nextBoolean() ? between(1e-3, 0.5) : 0,
        random.nextBoolean() ? between(1e-3, 0.5) : 0,
        random.nextBoolean() ? -between(1, 1000) : 1);
  }

  private Duration seconds(double low, double high) {
    return Duration.ofNanos(Math.round(between(low, high) * 1e9));
  }

  private double between(double low, double high) {
    return low * StrictMath.pow(high / low, random.nextDouble());
  }
}
