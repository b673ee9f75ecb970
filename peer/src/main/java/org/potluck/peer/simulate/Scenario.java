package org.potluck.peer.simulate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.potluck.averaging.Role;
import org.potluck.network.Bandwidth;
import org.potluck.network.simulation.Faults;
import org.potluck.network.simulation.PeerProfile;

/**
 * What a scenario file describes: who is there, what they do and what befalls them.
 *
 * @param name what people call it
 * @param drawFaults whether {@code faults} is ignored and drawn from the seed instead
 */
record Scenario(
    String name, Time time, Run run, Swarm swarm, Split split, boolean drawFaults, Faults faults) {
  /** Nobody waits for longer; more is a slip. */
  private static final Duration TIME_MAX = Duration.ofDays(365);

  private static final double SUM_TOLERANCE = 1e-6;

  Scenario {
    boolean alike =
        swarm.classes().stream().allMatch(each -> each.readsAs(swarm.classes().getFirst()));
    require(
        alike || run.training() == Training.TINY_GPT,
        "run.training must be tiny-gpt where peers have texts of their own; the toy has none");
    require(
        alike || run.audits() == 0,
        "run.audits must be 0 where peers have texts of their own: nobody can compute again what"
            + " others have");
    require(
        split.share() == 0
            || (split.from().compareTo(time.faults()) < 0
                && split.until().compareTo(time.faults()) <= 0),
        "split.from and split.until must lie within time.faults; afterwards everything heals");
  }

  /**
   * @param faults how long things may go wrong
   * @param healing how long the swarm has afterwards
   */
  record Time(Duration faults, Duration healing) {
    Time {
      require(
          faults.compareTo(TIME_MAX) <= 0 && healing.compareTo(TIME_MAX) <= 0,
          "time.faults and time.healing must be at most a year");
      require(faults.plus(healing).isPositive(), "time.faults or time.healing must be positive");
    }
  }

  /**
   * @param training what peers compute: vectors of a toy problem, or a real tiny model
   * @param values float32 values of the model, as far as links are concerned
   * @param targetBatch samples per epoch over all peers
   * @param microBatch samples that a peer computes at once
   * @param epochs the run is complete after so many; zero for never
   * @param codec {@code none}, {@code float16} or {@code int8}
   * @param aggregation {@code mean} or {@code centered-clip}
   * @param roundLimit a round of averaging ends by then
   * @param groupSize peers of one group at most; more average on a grid
   * @param audits contributions of a group and round that are computed again, and averages that are
   *     made again
   */
  record Run(
      Training training,
      long values,
      long targetBatch,
      int microBatch,
      long epochs,
      String codec,
      String aggregation,
      Duration roundLimit,
      int groupSize,
      int audits) {
    /** Held in memory per vector at most, until one value must stand for too many. */
    private static final long VALUES_HELD = 1 << 16;

    private static final long MAGNIFICATION_MAX = 256;

    Run {
      require(values >= 1 && values <= 100_000_000_000L, "run.values must be 1 to 100 billion");
      require(targetBatch >= 1, "run.target-batch must be positive");
      require(microBatch >= 1, "run.micro-batch must be positive");
      require(epochs >= 0, "run.epochs must be zero (no end) or more");
      require(
          List.of("none", "float16", "int8").contains(codec),
          "run.codec must be none, float16 or int8");
      require(
          List.of("mean", "centered-clip").contains(aggregation),
          "run.aggregation must be mean or centered-clip");
      require(roundLimit.isPositive(), "run.round-limit must be positive");
      require(audits >= 0 && audits <= 1024, "run.audits must be between 0 and 1024");
      require(groupSize >= 2 && groupSize <= 1024, "run.group-size must be between 2 and 1024");
    }

    /** How many values one value in memory stands for on links. */
    int magnification() {
      return training == Training.TINY_GPT
          ? 1
          : (int) Math.min(MAGNIFICATION_MAX, (values + VALUES_HELD - 1) / VALUES_HELD);
    }

    /** How many values a vector of the toy problem really has. */
    int valuesHeld() {
      return Math.toIntExact((values + magnification() - 1) / magnification());
    }
  }

  enum Training {
    /** A quadratic problem whose gradients cost next to nothing; computing is only waited for. */
    @JsonProperty("toy")
    TOY,
    /** A GPT of two layers, really trained, on a text of the simulation's own. */
    @JsonProperty("tiny-gpt")
    TINY_GPT
  }

  /**
   * The peers, by class.
   *
   * @param firstStays after so long the first peer, which the invitation names, is gone for good;
   *     zero if it stays
   */
  record Swarm(int peers, Duration firstStays, List<PeerClass> classes) {
    /** The class of each peer: as many of each as its share says, the first class the rest. */
    List<PeerClass> drawn(RandomGenerator random) {
      List<PeerClass> rest = new ArrayList<>();
      for (PeerClass each : classes.subList(1, classes.size())) {
        long count = Math.min(Math.round(each.share() * peers), peers - 1L - rest.size());
        for (long i = 0; i < count; i++) {
          rest.add(each);
        }
      }
      while (rest.size() < peers - 1) {
        rest.add(classes.getFirst());
      }
      for (int at = rest.size() - 1; at > 0; at--) {
        Collections.swap(rest, at, random.nextInt(at + 1));
      }
      rest.addFirst(classes.getFirst());
      return rest;
    }

    Swarm {
      classes = List.copyOf(classes);
      require(peers >= 1 && peers <= 100_000, "swarm.peers must be 1 to 100000");
      require(!classes.isEmpty(), "swarm.classes needs at least one class");
      PeerClass first = classes.getFirst();
      require(
          first.reachable() && first.attack() == Attack.NONE && first.role() == Role.TRAINER,
          "class "
              + first.name()
              + " is the first, and its first peer the one that the invitation names: it must be a"
              + " trainer, reachable and without attack");
      double others = classes.stream().skip(1).mapToDouble(PeerClass::share).sum();
      require(
          others <= 1 + SUM_TOLERANCE,
          "the shares of swarm.classes add up to more than 1; the first class takes the rest");
      require(
          first.share() == 0 || Math.abs(first.share() + others - 1) <= SUM_TOLERANCE,
          "the shares of swarm.classes do not add up to 1; leave out that of class "
              + first.name()
              + ", which takes the rest");
      require(
          classes.stream().map(PeerClass::name).distinct().count() == classes.size(),
          "two of swarm.classes have the same name");
    }
  }

  /**
   * @param role a trainer, an auxiliary or a receiver
   * @param share of all peers; what the shares leave over goes to the first class, whose own need
   *     not be given
   * @param samplesPerSecond what its device computes
   * @param delay one way to the backbone
   * @param reachable whether others can dial it
   * @param arriveWithin peers come at random within this time of the start
   * @param stay mean length of a session, exponentially distributed; zero is for good
   * @param away mean time between sessions; zero is for good
   * @param attack what it brings to rounds instead of what it computed
   * @param text what it trains on: {@code words}, {@code code} or {@code numbers}, which are made
   *     by rule, or the path of a file or folder
   * @param ownPart whether each of its peers has a part of that text that no other peer has, rather
   *     than all of it
   */
  record PeerClass(
      String name,
      Role role,
      double share,
      double samplesPerSecond,
      double upMbit,
      double downMbit,
      Duration delay,
      Duration jitter,
      boolean reachable,
      Duration arriveWithin,
      Duration stay,
      Duration away,
      Attack attack,
      String text,
      boolean ownPart) {
    PeerClass {
      require(!name.isBlank(), "swarm.classes: every class needs a name");
      require(
          role.holdsModel(),
          "role of class "
              + name
              + " must be trainer, auxiliary or receiver; who only looks on is"
              + " not simulated");
      require(share >= 0 && share <= 1, "share of class " + name + " must be between 0 and 1");
      require(
          samplesPerSecond >= 1e-6 && samplesPerSecond <= 1e6,
          "samples-per-second of class " + name + " must be 0.000001 to 1000000");
      require(
          Math.min(upMbit, downMbit) >= 1e-3 && Math.max(upMbit, downMbit) <= 1e6,
          "up-mbit and down-mbit of class " + name + " must be 0.001 to 1000000");
      require(
          Texts.made(text) || Files.exists(Path.of(text)),
          "text of class "
              + name
              + " must be words, code, numbers or the path of a file or folder that is there: "
              + text);
    }

    /** Whether all its peers train on what peers of {@code other} train on. */
    private boolean readsAs(PeerClass other) {
      return text.equals(other.text) && !ownPart && !other.ownPart;
    }

    Bandwidth up() {
      return Bandwidth.ofMegabitsPerSecond(upMbit);
    }

    Bandwidth down() {
      return Bandwidth.ofMegabitsPerSecond(downMbit);
    }

    PeerProfile profile() {
      return new PeerProfile(up(), down(), delay, jitter, reachable);
    }
  }

  /**
   * The swarm in two that cannot see each other.
   *
   * @param share of peers on the smaller side; zero for no split
   */
  record Split(double share, Duration from, Duration until) {
    Split {
      require(share >= 0 && share < 1, "split.share must be 0 to less than 1");
      require(until.compareTo(from) >= 0, "split.until must not be before split.from");
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
