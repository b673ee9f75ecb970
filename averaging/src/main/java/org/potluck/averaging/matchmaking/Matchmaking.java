package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.RoundRequest;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.dht.Dht;
import org.potluck.network.Network;
import org.potluck.network.Stream;

/**
 * A peer's searches for groups, and its ear for the declarations of others.
 *
 * <p>What comes for a round that this peer has not asked for yet is kept for a while: announcements
 * as they are, followers' streams open until the peer is ready.
 */
public final class Matchmaking implements JoinStream.Owner {
  private static final int HEARD_MAX = 1024;
  private static final int PARKED_MAX = 256;
  private static final int ENDED_MAX = 64;

  private final Network network;
  private final Dht dht;
  private final AveragingOptions options;
  private final RandomGenerator random;
  private final SpanPlanner planner;
  private final Grace grace;
  private final Map<String, Matchmaker> running = new LinkedHashMap<>();
  private final Map<String, Declaration> heard = new LinkedHashMap<>();
  private final Map<JoinStream, Declaration> parked = new LinkedHashMap<>();
  private final Map<String, Boolean> ended = new LinkedHashMap<>();
  private int strangers;

  public Matchmaking(
      Network network,
      Dht dht,
      AveragingOptions options,
      RandomGenerator random,
      SpanPlanner planner) {
    this.network = network;
    this.dht = dht;
    this.options = options;
    this.random = random;
    this.planner = planner;
    this.grace = new Grace(options.graceMin(), options.graceMax());
    network.handle(JoinStream.PROTOCOL, this::accept);
  }

  /** Finds the group of a round; fails with {@link NoGroupException}. */
  public CompletableFuture<Group> find(RoundRequest request) {
    String name = name(request.key(), request.epoch());
    Matchmaker matchmaker = new Matchmaker(network, dht, options, request, random, planner, grace);
    running.put(name, matchmaker);
    ended.remove(name);
    CompletableFuture<Group> found = matchmaker.found();
    CompletableFuture<Group> result =
        found.whenComplete(
            (group, failure) -> {
              running.remove(name);
              if (group != null) {
                bounded(ended, name, true, ENDED_MAX);
              }
            });
    List<Declaration> known = new ArrayList<>();
    heard
        .values()
        .removeIf(
            declaration -> {
              boolean meant = name(declaration).equals(name);
              return meant && known.add(declaration);
            });
    List<JoinStream> waiting = new ArrayList<>();
    parked.forEach(
        (stream, declaration) -> {
          if (name(declaration).equals(name)) {
            waiting.add(stream);
          }
        });
    matchmaker.start(known);
    for (JoinStream stream : waiting) {
      Declaration declaration = parked.remove(stream);
      if (declaration != null) {
        route(stream, declaration);
      }
    }
    return result;
  }

  /** Gives a search up. */
  public void cancel(String key, long epoch) {
    Matchmaker matchmaker = running.get(name(key, epoch));
    if (matchmaker != null) {
      matchmaker.cancel();
    }
  }

  private void accept(Stream stream) {
    JoinStream join = new JoinStream(stream, this);
    if (strangers >= PARKED_MAX) {
      join.reset();
      return;
    }
    strangers++;
    network
        .loop()
        .schedule(
            options.matchmakingLimit().plus(Duration.ofSeconds(1)),
            () -> {
              strangers--;
              if (parked.remove(join) != null) {
                join.reset();
              }
            });
  }

  @Override
  public void frame(JoinStream stream, Frame frame) throws FrameException {
    if (frame.kind() != FrameKind.JOIN) {
      throw new FrameException(frame.kind() + " from a follower");
    }
    JoinMessage message = frame.parse(JoinMessage.parser());
    Declaration declaration = Declaration.read(stream.remote(), message);
    network.remember(
        declaration.peer(), Declaration.addresses(declaration.peer(), message.getAddressesList()));
    if (!message.getAnnouncement()) {
      route(stream, declaration);
      return;
    }
    Matchmaker matchmaker = running.get(name(declaration));
    if (matchmaker != null) {
      matchmaker.heard(declaration);
    } else {
      bounded(heard, declaration.peer() + " " + name(declaration), declaration, HEARD_MAX);
    }
  }

  private void route(JoinStream stream, Declaration declaration) {
    String name = name(declaration);
    Matchmaker matchmaker = running.get(name);
    if (matchmaker != null) {
      matchmaker.join(stream, declaration);
    } else if (ended.containsKey(name)) {
      stream.send(FrameKind.ANSWER, Matchmaker.refusal("the round has begun", true));
      stream.close();
    } else {
      parked.put(stream, declaration);
    }
  }

  @Override
  public void over(JoinStream stream) {
    parked.remove(stream);
    running.values().forEach(matchmaker -> matchmaker.left(stream));
  }

  private static <V> void bounded(Map<String, V> map, String key, V value, int max) {
    map.remove(key);
    map.put(key, value);
    if (map.size() > max) {
      @Nullable String oldest = map.keySet().iterator().next();
      map.remove(oldest);
    }
  }

  private static String name(Declaration declaration) {
    return name(declaration.message().getKey(), declaration.message().getEpoch());
  }

  private static String name(String key, long epoch) {
    return key + "." + epoch;
  }
}
