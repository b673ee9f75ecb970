package org.potluck.averaging;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.matchmaking.Matchmaking;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.trust.Trust;
import org.potluck.dht.Dht;
import org.potluck.network.Network;

/**
 * Averages this peer's contributions with those of others: finds a group, then exchanges data with
 * it.
 *
 * <p>All methods are called on the network's loop, and futures complete there. A future never
 * fails: what goes wrong with others is part of the {@link RoundOutcome}.
 */
public final class Averager {
  private final Network network;
  private final Matchmaking matchmaking;
  private final Rounds rounds;
  private final SpareVectors spares = new SpareVectors();
  private final Trust trust;
  private final Map<String, RoundTerms> averaged = new LinkedHashMap<>();
  private final Map<String, Enlistment> running = new LinkedHashMap<>();

  /** With spans as the members' links suggest, and all work on the loop. */
  public Averager(Network network, Dht dht, AveragingOptions options, RandomGenerator random) {
    this(network, dht, options, random, SpanPlanner::byLinks);
  }

  /** With all work on the loop. */
  public Averager(
      Network network,
      Dht dht,
      AveragingOptions options,
      RandomGenerator random,
      SpanPlanner planner) {
    this(network, dht, options, random, planner, Runnable::run, new Trust(random));
  }

  /**
   * @param random names rounds and chooses what is looked at closely; secure outside of simulations
   * @param planner used when this peer leads
   * @param worker encodes, adds and decodes; runs tasks one at a time, in order. {@code
   *     Runnable::run} does it on the loop
   * @param trust what this peer thinks of others; used by this averager alone
   */
  public Averager(
      Network network,
      Dht dht,
      AveragingOptions options,
      RandomGenerator random,
      SpanPlanner planner,
      Executor worker,
      Trust trust) {
    this.network = network;
    this.trust = trust;
    this.matchmaking = new Matchmaking(network, dht, options, random, planner, trust);
    this.rounds = new Rounds(network, options, () -> new MemoryStorage(spares), worker, trust);
  }

  /**
   * A thread of its own as {@code worker}: chunks are encoded and added there, so that the loop
   * stays able to say that this peer lives. It ends with the process.
   */
  public static Executor codecThread() {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("codecs").factory());
  }

  /** What this peer thinks of the others. */
  public Trust trust() {
    return trust;
  }

  /**
   * Takes a place in a round ahead of need. It is held until the outcome of the round, or until it
   * is cancelled.
   *
   * @throws IllegalStateException when a round of this key runs, or this epoch has been averaged
   */
  public Enlistment enlist(RoundTerms terms, Attendance attendance) {
    String key = terms.key();
    RoundTerms last = averaged.get(key);
    Enlistment before = running.get(key);
    if (before != null && (before.brought() || !before.searched())) {
      throw new IllegalStateException("a round of " + key + " is running");
    }
    // Another model may be behind the one that was left for it.
    if (last != null && terms.epoch() <= last.epoch() && terms.model().equals(last.model())) {
      throw new IllegalStateException("epoch " + terms.epoch() + " of " + key + " is averaged");
    }
    Enlistment enlistment =
        new Enlistment(
            network.loop(),
            terms,
            matchmaking.enlist(terms, attendance),
            rounds,
            (place, outcome) -> ended(key, place, outcome));
    running.put(key, enlistment);
    return enlistment;
  }

  /**
   * Takes part in one round with a contribution that is there already.
   *
   * @throws IllegalStateException when a round of this key runs, or this epoch has been averaged
   */
  public CompletableFuture<RoundOutcome> average(RoundRequest request) {
    return enlist(request.terms(), request.attendance())
        .bring(request.contribution(), request.deadline());
  }

  /**
   * Takes an average back that a round of this averager gave: a later round writes into its memory.
   * Nobody may look at it any more. Averages that are not given back are left to the collector, and
   * every round then needs fresh memory, which on a fast link takes longer than the round.
   */
  public void reuse(RoundOutcome.Averaged outcome) {
    spares.giveBack(outcome.average());
  }

  /** Gives the running round of {@code key} up at once, if there is one. */
  public void cancel(String key) {
    Enlistment enlistment = running.get(key);
    if (enlistment != null) {
      enlistment.cancel();
    }
  }

  /** Whether data of a round is exchanged: then this peer's link should do nothing else. */
  public boolean exchanging() {
    return rounds.underWay();
  }

  private void ended(String key, Enlistment enlistment, RoundOutcome outcome) {
    running.remove(key, enlistment);
    if (outcome instanceof RoundOutcome.Averaged done && done.weight() > 0) {
      averaged.put(key, enlistment.terms());
    }
  }
}
