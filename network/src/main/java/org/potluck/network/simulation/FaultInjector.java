package org.potluck.network.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Bandwidth;
import org.potluck.network.EventLoop;
import org.potluck.network.simulation.Faults.Crashes;
import org.potluck.network.simulation.Faults.Lies;
import org.potluck.network.simulation.Faults.Partitions;

/**
 * Lets {@link Faults} happen, until the swarm is given time to heal.
 *
 * <p>Two phases, as in TigerBeetle's simulator. While faults happen, only safety can be asked for:
 * nothing false is ever believed. After {@link #heal} everybody is back, connected and honest, and
 * liveness can be asked for too: what was to be done gets done. Clocks and slow devices stay as
 * they are, as no swarm may rely on them.
 *
 * <p>Which peers lie, are slow or die, and when, comes from generators of their own, one per peer,
 * so that an additional peer does not change what befalls the others.
 */
public final class FaultInjector {
  private final Simulation simulation;
  private final Faults faults;
  private final Revival revival;
  private final RandomGenerator random;
  private final List<Subject> subjects = new ArrayList<>();
  private final List<Partition> stalls = new ArrayList<>();
  private EventLoop.@Nullable Timer nextPartition;
  private @Nullable Partition partition;
  private boolean healed;

  /** Builds a peer's logic again after it came back. */
  @FunctionalInterface
  public interface Revival {
    /**
     * @param reborn on the same machine; its {@link SimulatedNetwork#disk} is empty and its
     *     identity new where the disk was lost
     */
    void revive(SimulatedNetwork reborn);
  }

  /** A machine that things happen to. */
  private static final class Subject {
    final Host host;
    final RandomGenerator random;
    final boolean mayDie;

    Subject(Host host, RandomGenerator random, boolean mayDie) {
      this.host = host;
      this.random = random;
      this.mayDie = mayDie;
    }
  }

  private FaultInjector(Simulation simulation, Faults faults, Revival revival) {
    this.simulation = simulation;
    this.faults = faults;
    this.revival = revival;
    this.random = simulation.random("faults of the swarm");
  }

  /** Links suffer and the swarm parts from now on; peers once they are {@linkplain #expose}d. */
  public static FaultInjector start(Simulation simulation, Faults faults, Revival revival) {
    FaultInjector injector = new FaultInjector(simulation, faults, revival);
    simulation.configured(faults);
    simulation.disturbance().set(faults.links());
    injector.partLater();
    return injector;
  }

  /** Lets everything happen to {@code peer}; to be called before its logic is built. */
  public void expose(SimulatedNetwork peer) {
    expose(peer, true);
  }

  /** Lets everything but death and lies happen to {@code peer}, for instance the first one. */
  public void exposeReliable(SimulatedNetwork peer) {
    expose(peer, false);
  }

  /**
   * The owner of {@code peer} switches it off: it dies unless it is dead already, and stays away
   * until {@link #comesBack}, whatever faults it suffers and even when they are healed.
   */
  public void leaves(SimulatedNetwork peer) {
    peer.host().absent = true;
    simulation.note(peer.name(), "left", "its owner switches it off");
    if (peer.host().running != null) {
      simulation.crash(peer.host().running);
    }
  }

  /** Its owner switches it on again; its identity, address and disk are what they were. */
  public SimulatedNetwork comesBack(SimulatedNetwork peer) {
    if (!peer.host().absent) {
      throw new IllegalStateException(peer + " has not left");
    }
    peer.host().absent = false;
    return simulation.restart(peer.host(), false);
  }

  /** Ends the faults: the parted meet, the dead come back, liars speak the truth. */
  public void heal() {
    healed = true;
    if (nextPartition != null) {
      nextPartition.cancel();
    }
    if (partition != null) {
      partition.heal();
    }
    stalls.forEach(Partition::heal);
    simulation.disturbance().set(Faults.Links.NONE);
    for (Subject subject : subjects) {
      subject.host.upFactor = 1;
      subject.host.downFactor = 1;
      subject.host.liar = null;
      subject.host.conduct = new Conduct(subject.host.conduct.slowdown(), 1);
      if (subject.mayDie) {
        comeBack(subject);
      }
    }
    simulation.note("", "healing", "no more faults");
  }

  private void expose(SimulatedNetwork peer, boolean mayDie) {
    Host host = peer.host();
    Subject subject = new Subject(host, simulation.random("faults of host " + host.index), mayDie);
    subjects.add(subject);
    drawConduct(subject);
    drawClock(subject);
    drawBandwidth(subject);
    stallLater(subject);
    if (mayDie) {
      dieLater(subject);
    }
  }

  private void drawConduct(Subject subject) {
    Faults.Devices devices = faults.devices();
    Lies lies = faults.lies();
    double slowdown = 1;
    if (subject.random.nextDouble() < devices.slowShare()) {
      slowdown = Chance.between(subject.random, 1, devices.slowdownMax());
      simulation.note(
          subject.host.name, "slow", String.format(Locale.ROOT, "%.1f times as long", slowdown));
    }
    boolean lying = subject.random.nextDouble() < lies.liarShare() && subject.mayDie && !healed;
    if (lying) {
      simulation.note(subject.host.name, "liar", "is one");
    }
    subject.host.conduct = new Conduct(slowdown, lying ? lies.contributionFactor() : 1);
    if (lying && (lies.corruptedShare() > 0 || lies.replayShare() > 0)) {
      subject.host.liar = new Liar(lies, simulation.random("lies of host " + subject.host.index));
    }
  }

  private void drawClock(Subject subject) {
    Faults.Clocks clocks = faults.clocks();
    double skew = clocks.skewMax().toNanos();
    subject.host.clockSkewNanos = Math.round(Chance.between(subject.random, -skew, skew));
    subject.host.clockDrift = Chance.between(subject.random, -clocks.driftMax(), clocks.driftMax());
  }

  private void drawBandwidth(Subject subject) {
    Faults.Links links = faults.links();
    if (healed || (links.upFactorMin() == 1 && links.downFactorMin() == 1)) {
      return;
    }
    Host host = subject.host;
    host.upFactor = Chance.between(subject.random, links.upFactorMin(), 1);
    host.downFactor = Chance.between(subject.random, links.downFactorMin(), 1);
    simulation.changed(host);
    simulation.note(
        host.name,
        "bandwidth",
        new Bandwidth(host.upBytesPerSecond())
            + " up, "
            + new Bandwidth(host.downBytesPerSecond())
            + " down");
    later(subject.random, links.bandwidthEvery(), () -> drawBandwidth(subject));
  }

  private void stallLater(Subject subject) {
    later(
        subject.random,
        faults.stalls().every(),
        () -> {
          SimulatedNetwork one = subject.host.running;
          Host other = subjects.get(subject.random.nextInt(subjects.size())).host;
          if (one != null && other != subject.host && other.running != null) {
            Duration length = Chance.exponential(subject.random, faults.stalls().lengthMean());
            stalls.removeIf(stall -> !stall.lasts());
            stalls.add(simulation.stall(one, other.running, length));
          }
          stallLater(subject);
        });
  }

  private void dieLater(Subject subject) {
    later(subject.random, faults.crashes().every(), () -> die(subject));
  }

  private void die(Subject subject) {
    Crashes crashes = faults.crashes();
    SimulatedNetwork peer = subject.host.running;
    long down = subjects.stream().filter(each -> each.host.running == null).count();
    if (peer == null || down + 1 > crashes.downAtMostShare() * subjects.size()) {
      dieLater(subject);
      return;
    }
    if (subject.random.nextDouble() < crashes.powerCutShare()) {
      simulation.cutPower(peer);
    } else {
      simulation.crash(peer);
    }
    later(subject.random, crashes.awayMean(), () -> comeBack(subject));
  }

  private void comeBack(Subject subject) {
    if (subject.host.running == null && !subject.host.absent) {
      boolean diskLost = subject.random.nextDouble() < faults.crashes().diskLostShare();
      revival.revive(simulation.restart(subject.host, diskLost));
    }
    dieLater(subject);
  }

  private void partLater() {
    Partitions partitions = faults.partitions();
    if (!partitions.every().isZero()) {
      nextPartition = within(partitions.stability(), partitions.every(), this::part);
    }
  }

  private void part() {
    Partitions partitions = faults.partitions();
    if (subjects.size() >= 2) {
      BitSet side = drawSide(partitions.mode());
      boolean bothWays = random.nextDouble() >= partitions.oneWayShare();
      partition = simulation.part(side, everybodyBut(side), bothWays);
    }
    nextPartition =
        within(
            partitions.stability(),
            partitions.lengthMean(),
            () -> {
              if (partition != null) {
                partition.heal();
              }
              partLater();
            });
  }

  private BitSet drawSide(Faults.PartitionMode mode) {
    int count = subjects.size();
    BitSet side = new BitSet();
    switch (mode) {
      case ISOLATE_ONE -> side.set(subjects.get(random.nextInt(count)).host.index);
      case HALVES -> {
        while (side.cardinality() < count / 2) {
          side.set(subjects.get(random.nextInt(count)).host.index);
        }
      }
      case RANDOM_SIDES -> {
        double share = random.nextDouble();
        for (Subject subject : subjects) {
          if (random.nextDouble() < share) {
            side.set(subject.host.index);
          }
        }
      }
    }
    return side;
  }

  private BitSet everybodyBut(BitSet side) {
    BitSet rest = new BitSet();
    rest.set(0, simulation.topology().size());
    rest.andNot(side);
    return rest;
  }

  private EventLoop.Timer within(Duration least, Duration mean, Runnable step) {
    return simulation.later(least.plus(Chance.exponential(random, mean)), step);
  }

  /** Plans {@code step} after an exponentially distributed time; a mean of zero is never. */
  private void later(RandomGenerator chance, Duration mean, Runnable step) {
    if (!mean.isZero() && !healed) {
      EventLoop.Timer _ =
          simulation.later(
              Chance.exponential(chance, mean),
              () -> {
                if (!healed) {
                  step.run();
                }
              });
    }
  }
}
