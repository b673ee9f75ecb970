package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.dht.Dht;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/**
 * A peer's searches for groups, and its ear for the declarations of others.
 *
 * <p>What comes for a round that this peer has not asked for yet is kept for a while: announcements
 * as they are, followers' streams open until the peer is ready.
 */
public final class Matchmaking implements JoinStream.Owner {
  private static final int HEARD_MAX = 1024;
  private static final int STRANGERS_MAX = 256;
  private static final int ENDED_MAX = 64;

  /** Of what is kept for later so much may be one peer's: the rest is for others. */
  private static final int PER_PEER_MAX = 8;

  private final Surroundings around;
  private final Map<String, Matchmaker> running = new LinkedHashMap<>();
  private final Map<String, Declaration> heard = new LinkedHashMap<>();
  private final Map<JoinStream, Declaration> parked = new LinkedHashMap<>();
  private final Map<String, Instant> begun = new LinkedHashMap<>();
  private final Map<String, Instant> givenUp = new LinkedHashMap<>();
  private final Set<JoinStream> unnamed = new LinkedHashSet<>();

  public Matchmaking(
      Network network,
      Dht dht,
      AveragingOptions options,
      RandomGenerator random,
      SpanPlanner planner,
      Trust trust) {
    Grace grace = new Grace(options.graceMin(), options.graceMax());
    around = new Surroundings(network, dht, options, random, planner, grace, new Shunned(), trust);
    network.handle(JoinStream.PROTOCOL, this::accept);
    network.listen(
        new Network.ConnectionListener() {
          @Override
          public void connected(PeerId peer) {
            List.copyOf(running.values()).forEach(matchmaker -> matchmaker.connected(peer));
          }

          @Override
          public void disconnected(PeerId peer) {
            List.copyOf(running.values()).forEach(matchmaker -> matchmaker.disconnected(peer));
          }
        });
  }

  /**
   * Begins the search for the group of a round.
   *
   * @throws IllegalStateException when it runs already
   */
  public Matchmaker enlist(RoundTerms terms, Attendance attendance) {
    String name = name(terms.key(), terms.epoch(), terms.model());
    Matchmaker matchmaker = new Matchmaker(around, terms, attendance);
    if (running.putIfAbsent(name, matchmaker) != null) {
      throw new IllegalStateException("a search for " + name + " is running");
    }
    begun.remove(name);
    givenUp.remove(name);
    var _ =
        matchmaker
            .found()
            .whenComplete(
                (group, failure) -> {
                  running.remove(name);
                  bounded(group != null ? begun : givenUp, name, around.now(), ENDED_MAX);
                });
    matchmaker.start(takeHeard(name));
    for (JoinStream stream : List.copyOf(parked.keySet())) {
      Declaration declaration = parked.get(stream);
      if (declaration != null && name(declaration).equals(name)) {
        parked.remove(stream);
        route(stream, declaration);
      }
    }
    return matchmaker;
  }

  private List<Declaration> takeHeard(String name) {
    List<Declaration> known = new ArrayList<>();
    heard
        .values()
        .removeIf(declaration -> name(declaration).equals(name) && known.add(declaration));
    return known;
  }

  private void accept(Stream stream) {
    JoinStream join = new JoinStream(stream, this);
    if (unnamed.size() + parked.size() >= STRANGERS_MAX
        || waiting(stream.remote()) >= PER_PEER_MAX) {
      join.reset();
      return;
    }
    unnamed.add(join);
    around
        .loop()
        .schedule(
            around.options().matchmakingLimit().plus(Duration.ofSeconds(1)),
            () -> {
              boolean waits = unnamed.remove(join) || parked.remove(join) != null;
              if (waits) {
                join.reset();
              }
            });
  }

  private long waiting(PeerId peer) {
    return java.util.stream.Stream.concat(unnamed.stream(), parked.keySet().stream())
        .filter(stream -> stream.remote().equals(peer))
        .count();
  }

  @Override
  public void frame(JoinStream stream, Frame frame) throws FrameException {
    if (frame.kind() != FrameKind.JOIN) {
      throw new FrameException(frame.kind() + " from a follower");
    }
    JoinMessage message = frame.parse(JoinMessage.parser());
    Declaration declaration = Declaration.read(stream.remote(), message);
    unnamed.remove(stream);
    around.network().remember(declaration.peer(), declaration.addresses());
    if (!message.getAnnouncement()) {
      route(stream, declaration);
      return;
    }
    Matchmaker matchmaker = running.get(name(declaration));
    if (matchmaker != null) {
      matchmaker.heard(declaration);
    } else {
      keep(declaration);
    }
  }

  private void keep(Declaration declaration) {
    List<String> own =
        heard.entrySet().stream()
            .filter(entry -> entry.getValue().peer().equals(declaration.peer()))
            .map(Map.Entry::getKey)
            .toList();
    if (own.size() >= PER_PEER_MAX) {
      heard.remove(own.getFirst());
    }
    bounded(heard, declaration.peer() + " " + name(declaration), declaration, HEARD_MAX);
  }

  private void route(JoinStream stream, Declaration declaration) {
    String name = name(declaration);
    Matchmaker matchmaker = running.get(name);
    Instant began = begun.get(name);
    if (matchmaker != null) {
      matchmaker.join(stream, declaration);
    } else if (began != null) {
      if (around.trust().ban(declaration.peer(), around.now()).isEmpty()) {
        // Next time this one is waited for.
        around.grace().observe(Duration.between(began, around.now()));
      }
      stream.send(FrameKind.ANSWER, Answers.BEGUN);
      stream.close();
    } else if (givenUp.containsKey(name)) {
      // Should it try again it says so, and can be followed again.
      stream.send(FrameKind.ANSWER, Answers.refusal("gave this round up", false));
      stream.close();
    } else {
      parked.put(stream, declaration);
    }
  }

  @Override
  public void over(JoinStream stream) {
    unnamed.remove(stream);
    parked.remove(stream);
    List.copyOf(running.values()).forEach(matchmaker -> matchmaker.left(stream));
  }

  private static <V> void bounded(Map<String, V> map, String key, V value, int max) {
    map.remove(key);
    map.put(key, value);
    if (map.size() > max) {
      map.remove(map.keySet().iterator().next());
    }
  }

  private static String name(Declaration declaration) {
    JoinMessage message = declaration.message();
    return name(message.getKey(), message.getEpoch(), message.getModel());
  }

  private static String name(String key, long epoch, String model) {
    return key + "." + epoch + "." + model;
  }
}
