package org.potluck.averaging;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.matchmaking.Matchmaking;
import org.potluck.averaging.matchmaking.SpanPlanner;
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
  private final Map<String, Long> averaged = new LinkedHashMap<>();
  private final Map<String, Round> running = new LinkedHashMap<>();

  private static final class Round {
    final long epoch;
    String id = "";
    boolean cancelled;

    Round(long epoch) {
      this.epoch = epoch;
    }
  }

  /** With spans as the members' links suggest. */
  public Averager(Network network, Dht dht, AveragingOptions options, RandomGenerator random) {
    this(network, dht, options, random, SpanPlanner::byLinks, Runnable::run);
  }

  /**
   * @param random names rounds; secure outside of simulations
   * @param planner used when this peer leads
   * @param worker encodes, adds and decodes; runs tasks one at a time, in order. {@code
   *     Runnable::run} does it on the loop
   */
  public Averager(
      Network network,
      Dht dht,
      AveragingOptions options,
      RandomGenerator random,
      SpanPlanner planner,
      Executor worker) {
    this.network = network;
    this.matchmaking = new Matchmaking(network, dht, options, random, planner);
    this.rounds = new Rounds(network, options, Storage::memory, worker);
  }

  /**
   * Takes part in one round.
   *
   * @throws IllegalArgumentException when the contribution is not finite
   * @throws IllegalStateException when a round of this key runs, or this epoch has been averaged
   */
  public CompletableFuture<RoundOutcome> average(RoundRequest request) {
    String key = request.key();
    Long last = averaged.get(key);
    if (running.containsKey(key)) {
      throw new IllegalStateException("a round of " + key + " is running");
    }
    if (last != null && request.epoch() <= last) {
      throw new IllegalStateException("epoch " + request.epoch() + " of " + key + " is averaged");
    }
    Contribution contribution = request.contribution();
    if (!VectorMath.allFinite(contribution.values(), 0, contribution.length())) {
      throw new IllegalArgumentException("the contribution holds values that are no numbers");
    }
    Round round = new Round(request.epoch());
    running.put(key, round);
    Instant started = network.loop().now();
    return matchmaking
        .find(request)
        .thenCompose(group -> exchange(round, group, request, started))
        .exceptionally(failure -> noGroup(round, failure, started))
        .whenComplete(
            (outcome, failure) -> {
              running.remove(key);
              if (outcome instanceof RoundOutcome.Averaged) {
                averaged.put(key, request.epoch());
              }
            });
  }

  /** Gives the running round of {@code key} up, if there is one. */
  public void cancel(String key) {
    Round round = running.get(key);
    if (round != null) {
      round.cancelled = true;
      matchmaking.cancel(key, round.epoch);
      rounds.cancel(round.id);
    }
  }

  private CompletableFuture<RoundOutcome> exchange(
      Round round, Group group, RoundRequest request, Instant started) {
    round.id = group.round();
    return rounds.begin(
        group,
        request.contribution(),
        Duration.between(started, network.loop().now()),
        request.deadline());
  }

  private RoundOutcome noGroup(Round round, Throwable failure, Instant started) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return new RoundOutcome.Abandoned(
        round.cancelled ? RoundOutcome.Cause.CANCELLED : RoundOutcome.Cause.NO_GROUP,
        cause == null ? "no group" : String.valueOf(cause.getMessage()),
        List.of(),
        new RoundOutcome.RoundTiming(
            Duration.between(started, network.loop().now()), Duration.ZERO));
  }
}
