package org.potluck.network.simulation;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Everything that goes wrong on purpose, kind by kind, each with its unit.
 *
 * <p>Mean times between things of a kind are exponentially distributed and zero means never; shares
 * lie between 0 and 1. {@link FaultInjector} carries them out.
 *
 * @param links what the way between peers adds to their profiles
 * @param stalls pauses of one pair of peers
 * @param partitions the swarm falls apart, in one or both directions
 * @param crashes processes and machines die and come back
 * @param devices some compute more slowly than they are supposed to
 * @param clocks nobody has the right time
 * @param lies some peers say what is not so
 */
public record Faults(
    Links links,
    Stalls stalls,
    Partitions partitions,
    Crashes crashes,
    Devices devices,
    Clocks clocks,
    Lies lies) {

  /**
   * @param delayMin added one way to every connection
   * @param delayMean mean of what is added, exponentially distributed above {@code delayMin}
   * @param jitterMax added at random to each thing that passes; never reorders a connection
   * @param lossShare of packets of 1,460 bytes. Streams are reliable: a lost packet costs time, and
   *     the connection once it is lost {@code NetworkConditions.repeatsMax} times in a row
   * @param upFactorMin every peer's uplink carries at random between this share and all of its
   *     profile
   * @param downFactorMin the same for downlinks
   * @param bandwidthEvery mean time after which a peer's two factors are drawn anew; zero draws
   *     them once
   */
  public record Links(
      Duration delayMin,
      Duration delayMean,
      Duration jitterMax,
      double lossShare,
      double upFactorMin,
      double downFactorMin,
      Duration bandwidthEvery) {
    public static final Links NONE =
        new Links(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0, 1, 1, Duration.ZERO);

    public Links {
      notNegative(delayMin, jitterMax, bandwidthEvery);
      require(delayMean.compareTo(delayMin) >= 0, "delayMean is less than delayMin");
      require(lossShare >= 0 && lossShare <= 0.5, "lossShare must be between 0 and 0.5");
      require(upFactorMin > 0 && upFactorMin <= 1, "upFactorMin must be above 0, at most 1");
      require(downFactorMin > 0 && downFactorMin <= 1, "downFactorMin must be above 0, at most 1");
    }

    /** Lossy or slowed links with the other part as it is. */
    public Links withLoss(double share) {
      return new Links(
          delayMin, delayMean, jitterMax, share, upFactorMin, downFactorMin, bandwidthEvery);
    }
  }

  /**
   * @param every mean time from one stall of a peer to its next
   * @param lengthMean of one stall; beyond {@code NetworkConditions.silenceLimit} it costs the
   *     connection
   */
  public record Stalls(Duration every, Duration lengthMean) {
    public static final Stalls NONE = new Stalls(Duration.ZERO, Duration.ZERO);

    public Stalls {
      notNegative(every, lengthMean);
    }
  }

  /** How a swarm falls into two. */
  public enum PartitionMode {
    /** One peer against the rest. */
    ISOLATE_ONE,
    /** Two halves, drawn at random. */
    HALVES,
    /** Each peer takes a side by the toss of a coin that is loaded anew each time. */
    RANDOM_SIDES
  }

  /**
   * @param mode how the sides are drawn
   * @param oneWayShare of partitions that lose one direction only
   * @param every mean time whole, on top of {@code stability}
   * @param lengthMean mean time parted, on top of {@code stability}
   * @param stability no partition begins or heals within this time of the change before
   */
  public record Partitions(
      PartitionMode mode,
      double oneWayShare,
      Duration every,
      Duration lengthMean,
      Duration stability) {
    public static final Partitions NONE =
        new Partitions(PartitionMode.RANDOM_SIDES, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    public Partitions {
      notNegative(every, lengthMean, stability);
      share(oneWayShare, "oneWayShare");
    }
  }

  /**
   * @param every mean time from one death of a peer to its next
   * @param awayMean mean time until it comes back; zero means that it never does
   * @param powerCutShare of deaths in which the machine goes silent, rather than refusing
   * @param diskLostShare of returns without disk: as a stranger with a new identity, at the old
   *     address
   * @param downAtMostShare no peer dies while this share of all peers is down
   */
  public record Crashes(
      Duration every,
      Duration awayMean,
      double powerCutShare,
      double diskLostShare,
      double downAtMostShare) {
    public static final Crashes NONE = new Crashes(Duration.ZERO, Duration.ZERO, 0, 0, 1.0 / 3);

    public Crashes {
      notNegative(every, awayMean);
      share(powerCutShare, "powerCutShare");
      share(diskLostShare, "diskLostShare");
      share(downAtMostShare, "downAtMostShare");
    }
  }

  /**
   * @param slowShare of peers that are slow
   * @param slowdownMax a slow peer takes at random between once and this many times as long
   */
  public record Devices(double slowShare, double slowdownMax) {
    public static final Devices NONE = new Devices(0, 1);

    public Devices {
      share(slowShare, "slowShare");
      require(slowdownMax >= 1, "slowdownMax must be at least 1");
    }
  }

  /**
   * @param skewMax how far a clock is off at the start, in either direction
   * @param driftMax how much faster or slower it goes, in either direction: 1e-4 is 8.6 s a day
   */
  public record Clocks(Duration skewMax, double driftMax) {
    public static final Clocks NONE = new Clocks(Duration.ZERO, 0);

    public Clocks {
      notNegative(skewMax);
      require(driftMax >= 0 && driftMax <= 0.5, "driftMax must be between 0 and 0.5");
    }
  }

  /**
   * Links are encrypted, so nobody between two peers can change or repeat a message; a peer at the
   * end of one can.
   *
   * @param liarShare of peers that lie
   * @param corruptedShare of a liar's messages in which one byte is wrong
   * @param replayShare of a liar's messages that are followed by an older one
   * @param contributionFactor what a liar multiplies its contribution by; the peer's logic asks for
   *     it in {@link Conduct}
   */
  public record Lies(
      double liarShare, double corruptedShare, double replayShare, double contributionFactor) {
    public static final Lies NONE = new Lies(0, 0, 0, 1);

    public Lies {
      share(liarShare, "liarShare");
      share(corruptedShare, "corruptedShare");
      share(replayShare, "replayShare");
    }
  }

  /** Nothing goes wrong. */
  public static Faults none() {
    return new Faults(
        Links.NONE,
        Stalls.NONE,
        Partitions.NONE,
        Crashes.NONE,
        Devices.NONE,
        Clocks.NONE,
        Lies.NONE);
  }

  /**
   * Swarm testing (Groce et al., ISSTA 2012): each kind is off in half of all draws, and what is on
   * varies over orders of magnitude, so that faults do not always drown each other out.
   */
  public static Faults drawn(RandomGenerator random) {
    return FaultDraw.draw(random);
  }

  public Faults with(Links newLinks) {
    return new Faults(newLinks, stalls, partitions, crashes, devices, clocks, lies);
  }

  public Faults with(Stalls newStalls) {
    return new Faults(links, newStalls, partitions, crashes, devices, clocks, lies);
  }

  public Faults with(Partitions newPartitions) {
    return new Faults(links, stalls, newPartitions, crashes, devices, clocks, lies);
  }

  public Faults with(Crashes newCrashes) {
    return new Faults(links, stalls, partitions, newCrashes, devices, clocks, lies);
  }

  public Faults with(Devices newDevices) {
    return new Faults(links, stalls, partitions, crashes, newDevices, clocks, lies);
  }

  public Faults with(Clocks newClocks) {
    return new Faults(links, stalls, partitions, crashes, devices, newClocks, lies);
  }

  public Faults with(Lies newLies) {
    return new Faults(links, stalls, partitions, crashes, devices, clocks, newLies);
  }

  private static void notNegative(Duration... durations) {
    for (Duration duration : durations) {
      require(!duration.isNegative(), "negative: " + duration);
    }
  }

  private static void share(double share, String name) {
    require(share >= 0 && share <= 1, name + " must be between 0 and 1");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
