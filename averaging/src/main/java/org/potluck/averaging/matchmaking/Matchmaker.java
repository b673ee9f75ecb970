package org.potluck.averaging.matchmaking;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.RoundRequest;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.RedirectMessage;
import org.potluck.averaging.proto.RefusedMessage;
import org.potluck.averaging.proto.WelcomeMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.dht.Dht;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/**
 * One peer's search for the group of one round.
 *
 * <p>Everybody declares itself, directly to the peers it knows and in the DHT for those it does
 * not. The earliest declaration leads. Whoever knows an earlier one than its own follows it; a
 * leader that comes to follow sends its followers on. Following always leads to an earlier
 * declaration, so nobody can wait for himself in a circle. A leader that is lost or refuses is
 * struck off and the next one tried.
 */
final class Matchmaker implements JoinStream.Owner {
  private static final Duration POLL_FIRST = Duration.ofMillis(500);
  private static final Duration POLL_LAST = Duration.ofSeconds(4);

  private static final JoinAnswerMessage WELCOME =
      JoinAnswerMessage.newBuilder().setWelcome(WelcomeMessage.getDefaultInstance()).build();

  private final Network network;
  private final Dht dht;
  private final AveragingOptions options;
  private final RoundRequest request;
  private final RandomGenerator random;
  private final SpanPlanner planner;
  private final Grace grace;
  private final Declaration own;
  private final TreeSet<Declaration> candidates = new TreeSet<>();
  private final Set<PeerId> refused = new LinkedHashSet<>();
  private final Set<PeerId> late = new LinkedHashSet<>();
  private final Map<JoinStream, Declaration> followers = new LinkedHashMap<>();
  private final CompletableFuture<Group> found = new CompletableFuture<>();
  private final Instant started;
  private @Nullable Declaration leader;
  private @Nullable JoinStream toLeader;
  private @Nullable Instant quorumAt;
  private int followTurn;
  private Instant leaderHeard;
  private Duration welcomeLimit;
  private int graceTurn;

  Matchmaker(
      Network network,
      Dht dht,
      AveragingOptions options,
      RoundRequest request,
      RandomGenerator random,
      SpanPlanner planner,
      Grace grace) {
    this.network = network;
    this.dht = dht;
    this.options = options;
    this.request = request;
    this.random = random;
    this.planner = planner;
    this.grace = grace;
    this.started = network.loop().now();
    this.leaderHeard = started;
    this.welcomeLimit = options.graceMax().dividedBy(2);
    long micros = Math.addExact(started.getEpochSecond() * 1_000_000, started.getNano() / 1000);
    this.own =
        new Declaration(
            network.self(), micros, Declaration.message(request, micros, network.addresses()));
  }

  /** Completes with the group; fails with {@link NoGroupException}. */
  CompletableFuture<Group> found() {
    return found;
  }

  void start(List<Declaration> heard) {
    Duration left = Duration.between(started, request.deadline());
    Duration limit =
        left.compareTo(options.matchmakingLimit()) < 0 ? left : options.matchmakingLimit();
    network.loop().schedule(limit.isNegative() ? Duration.ZERO : limit, this::limitReached);
    if (request.expectedPeers() == 1) {
      close();
      return;
    }
    candidates.addAll(heard);
    followEarliest();
    if (leader == null) {
      announce();
    }
    publish();
    pollAfter(POLL_FIRST);
    welcomeLater();
  }

  void cancel() {
    fail("cancelled", false);
  }

  // Declaring.

  private void announce() {
    JoinMessage message = own.message().toBuilder().setAnnouncement(true).build();
    for (PeerId peer : request.known()) {
      if (!peer.equals(network.self())) {
        var _ =
            network
                .open(peer, JoinStream.PROTOCOL, options.dialLimit())
                .thenAccept(
                    stream -> {
                      JoinStream join = new JoinStream(stream, this);
                      join.send(FrameKind.JOIN, message);
                      join.close();
                    });
      }
    }
  }

  /** Followers hear now and then that their leader lives. */
  private void welcomeLater() {
    network
        .loop()
        .schedule(
            options.graceMax().dividedBy(8),
            () -> {
              if (!found.isDone()) {
                followers.keySet().forEach(follower -> follower.send(FrameKind.ANSWER, WELCOME));
                welcomeLater();
              }
            });
  }

  private void publish() {
    var _ =
        dht.publish(
            dhtKey(),
            own.message().toByteArray(),
            started.plus(options.matchmakingLimit()).plus(options.matchmakingLimit()));
  }

  private void pollAfter(Duration delay) {
    network
        .loop()
        .schedule(
            delay,
            () -> {
              if (!found.isDone()) {
                var _ = dht.entries(dhtKey()).thenAccept(this::read);
                Duration twice = delay.multipliedBy(2);
                pollAfter(twice.compareTo(POLL_LAST) < 0 ? twice : POLL_LAST);
              }
            });
  }

  private void read(List<Dht.Entry> entries) {
    for (Dht.Entry entry : entries) {
      try {
        consider(Declaration.read(entry.owner(), JoinMessage.parser().parseFrom(entry.value())));
      } catch (InvalidProtocolBufferException | FrameException e) {
        refused.add(entry.owner());
      }
    }
  }

  private String dhtKey() {
    return request.key() + "." + request.epoch();
  }

  /** Somebody else tells us itself of its declaration; so it lives. */
  void heard(Declaration declaration) {
    refused.remove(declaration.peer());
    late.remove(declaration.peer());
    consider(declaration);
  }

  private void consider(Declaration declaration) {
    if (found.isDone()
        || declaration.peer().equals(network.self())
        || !declaration.message().getKey().equals(request.key())
        || declaration.message().getEpoch() != request.epoch()) {
      return;
    }
    candidates.removeIf(known -> known.peer().equals(declaration.peer()));
    candidates.add(declaration);
    followEarliest();
  }

  // Following.

  private void followEarliest() {
    if (leader != null || found.isDone()) {
      return;
    }
    for (Declaration candidate : candidates) {
      if (candidate.compareTo(own) >= 0) {
        return;
      }
      if (!refused.contains(candidate.peer()) && !late.contains(candidate.peer())) {
        follow(candidate);
        return;
      }
    }
  }

  private void follow(Declaration candidate) {
    leader = candidate;
    leaderHeard = network.loop().now();
    int turn = ++followTurn;
    watchLeader(candidate, turn);
    network.remember(
        candidate.peer(),
        Declaration.addresses(candidate.peer(), candidate.message().getAddressesList()));
    JoinAnswerMessage redirect =
        JoinAnswerMessage.newBuilder()
            .setRedirect(
                RedirectMessage.newBuilder()
                    .setLeader(ByteString.copyFrom(candidate.peer().toBytes()))
                    .setDeclaredMicros(candidate.declaredMicros())
                    .addAllAddresses(candidate.message().getAddressesList()))
            .build();
    dismiss(redirect);
    var _ =
        network
            .open(candidate.peer(), JoinStream.PROTOCOL, options.dialLimit())
            .whenComplete(
                (stream, failure) -> {
                  if (failure != null) {
                    if (turn == followTurn) {
                      strike(candidate);
                    }
                    return;
                  }
                  JoinStream join = new JoinStream(stream, this);
                  if (found.isDone() || turn != followTurn || !candidate.equals(leader)) {
                    join.reset();
                    return;
                  }
                  toLeader = join;
                  join.send(FrameKind.JOIN, own.message());
                });
  }

  /**
   * A leader that has died silently would hold its followers for as long as a dial takes, and the
   * others would begin without them. So the next one is tried soon, and this one again later with
   * more patience, for it may just be far away.
   */
  private void watchLeader(Declaration candidate, int turn) {
    network
        .loop()
        .schedule(
            welcomeLimit.dividedBy(2),
            () -> {
              if (turn != followTurn || found.isDone() || !candidate.equals(leader)) {
                return;
              }
              if (leaderHeard.plus(welcomeLimit).isAfter(network.loop().now())) {
                watchLeader(candidate, turn);
              } else {
                giveUpSilent(candidate);
              }
            });
  }

  private void giveUpSilent(Declaration candidate) {
    late.add(candidate.peer());
    welcomeLimit = welcomeLimit.multipliedBy(2);
    if (toLeader != null) {
      toLeader.reset();
    }
    leave(candidate);
    network
        .loop()
        .schedule(
            welcomeLimit,
            () -> {
              if (leader == null && followers.isEmpty() && !found.isDone()) {
                late.clear();
                followEarliest();
              }
            });
  }

  private void strike(Declaration candidate) {
    refused.add(candidate.peer());
    leave(candidate);
  }

  private void leave(Declaration candidate) {
    if (candidate.equals(leader)) {
      leader = null;
      toLeader = null;
      followEarliest();
      if (leader == null && !found.isDone()) {
        announce();
      }
    }
  }

  private void answered(JoinAnswerMessage answer) throws FrameException {
    Declaration from = leader;
    if (from == null) {
      return;
    }
    switch (answer.getAnswerCase()) {
      case WELCOME -> leaderHeard = network.loop().now();
      case GROUP -> joined(GroupMessages.read(answer.getGroup()));
      case REDIRECT -> {
        RedirectMessage redirect = answer.getRedirect();
        PeerId peer = PeerId.ofBytes(redirect.getLeader().toByteArray());
        JoinMessage message =
            JoinMessage.newBuilder()
                .setKey(request.key())
                .setEpoch(request.epoch())
                .setDeclaredMicros(redirect.getDeclaredMicros())
                .addAllAddresses(redirect.getAddressesList())
                .build();
        Declaration next = Declaration.read(peer, message);
        if (next.compareTo(from) >= 0) {
          throw new FrameException("sends us to a later declaration");
        }
        candidates.removeIf(known -> known.peer().equals(peer));
        candidates.add(next);
        release();
        if (refused.contains(peer) || late.contains(peer)) {
          // The old leader will notice, too, that this one is dead: ask it again soon.
          network.loop().schedule(options.graceMin(), this::followEarliest);
        } else {
          followEarliest();
        }
      }
      case REFUSED -> {
        if (answer.getRefused().getClosed()) {
          fail("the round began without this peer", true);
        } else {
          strike(from);
        }
      }
      case ANSWER_NOT_SET -> throw new FrameException("an answer without content");
    }
  }

  private void release() {
    if (toLeader != null) {
      toLeader.close();
    }
    toLeader = null;
    leader = null;
  }

  private void joined(Group group) throws FrameException {
    boolean mine =
        group.key().equals(request.key())
            && group.epoch() == request.epoch()
            && group.length() == request.contribution().length()
            && group.indexOf(network.self()) >= 0
            && Rounds.chunkBytes(group) <= AveragingOptions.CHUNK_BYTES_LIMIT
            && group.codecUp().equals(request.codecUp())
            && group.codecDown().equals(request.codecDown());
    if (!mine) {
      throw new FrameException("a group for another round");
    }
    complete(group);
  }

  // Leading.

  /** A follower's stream; its first frame has been read. */
  void join(JoinStream stream, Declaration declaration) {
    Declaration current = leader;
    if (current != null) {
      stream.send(
          FrameKind.ANSWER,
          JoinAnswerMessage.newBuilder()
              .setRedirect(
                  RedirectMessage.newBuilder()
                      .setLeader(ByteString.copyFrom(current.peer().toBytes()))
                      .setDeclaredMicros(current.declaredMicros())
                      .addAllAddresses(current.message().getAddressesList()))
              .build());
      stream.close();
      return;
    }
    if (declaration.message().getLength() != request.contribution().length()) {
      stream.send(FrameKind.ANSWER, refusal("another vector length", false));
      stream.close();
      return;
    }
    if (followers.size() + 1 >= Group.MEMBERS_MAX) {
      stream.send(FrameKind.ANSWER, refusal("the group is full", false));
      stream.close();
      return;
    }
    followers.values().removeIf(known -> known.peer().equals(declaration.peer()));
    followers.put(stream, declaration);
    stream.send(FrameKind.ANSWER, WELCOME);
    closeWhenReady();
  }

  static JoinAnswerMessage refusal(String reason, boolean closed) {
    return JoinAnswerMessage.newBuilder()
        .setRefused(RefusedMessage.newBuilder().setReason(reason).setClosed(closed))
        .build();
  }

  private void closeWhenReady() {
    int size = followers.size() + 1;
    if (size >= request.expectedPeers()) {
      close();
    } else if (size >= request.quorum()) {
      if (quorumAt == null) {
        quorumAt = network.loop().now();
      }
      int turn = ++graceTurn;
      network
          .loop()
          .schedule(
              grace.current(),
              () -> {
                boolean leading = leader == null && followers.size() + 1 >= request.quorum();
                if (turn == graceTurn && leading && !found.isDone()) {
                  close();
                }
              });
    }
  }

  private void close() {
    if (quorumAt != null) {
      grace.observe(Duration.between(quorumAt, network.loop().now()));
    }
    List<Declaration> joined = new ArrayList<>();
    joined.add(own);
    joined.addAll(followers.values());
    long[] shares =
        planner.shares(
            request.codecUp(),
            request.codecDown(),
            request.contribution().length(),
            joined.stream()
                .map(
                    peer ->
                        new SpanPlanner.Link(
                            peer.message().getUpBytesPerSecond(),
                            peer.message().getDownBytesPerSecond(),
                            peer.message().getWeight() > 0,
                            peer.message().getReachable()))
                .toList());
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      Declaration peer = joined.get(i);
      members.add(
          new Member(
              peer.peer(),
              peer.message().getWeight(),
              peer.message().getReachable(),
              shares[i],
              Declaration.addresses(peer.peer(), peer.message().getAddressesList())));
    }
    byte[] round = new byte[Group.ROUND_BYTES];
    random.nextBytes(round);
    Group group =
        new Group(
            HexFormat.of().formatHex(round),
            request.key(),
            request.epoch(),
            request.contribution().length(),
            Rounds.chunkValues(options, request.codecUp(), request.codecDown()),
            members,
            request.codecUp(),
            request.codecDown());
    dismiss(JoinAnswerMessage.newBuilder().setGroup(GroupMessages.write(group)).build());
    complete(group);
  }

  private void dismiss(JoinAnswerMessage answer) {
    for (JoinStream follower : List.copyOf(followers.keySet())) {
      follower.send(FrameKind.ANSWER, answer);
      follower.close();
    }
    followers.clear();
    quorumAt = null;
    graceTurn++;
  }

  // The end.

  private void limitReached() {
    if (found.isDone()) {
      return;
    }
    if (leader == null && followers.size() + 1 >= request.quorum()) {
      close();
    } else {
      fail(
          "%d of %d peers came together in time; a round takes %d"
              .formatted(followers.size() + 1, request.expectedPeers(), request.quorum()),
          false);
    }
  }

  private void complete(Group group) {
    endStreams();
    found.complete(group);
  }

  private void fail(String reason, boolean closed) {
    if (!found.isDone()) {
      dismiss(refusal(reason, closed));
      endStreams();
      found.completeExceptionally(new NoGroupException(reason));
    }
  }

  private void endStreams() {
    if (toLeader != null) {
      toLeader.close();
      toLeader = null;
    }
  }

  @Override
  public void frame(JoinStream stream, Frame frame) throws FrameException {
    if (stream == toLeader && frame.kind() == FrameKind.ANSWER) {
      answered(frame.parse(JoinAnswerMessage.parser()));
    }
  }

  @Override
  public void over(JoinStream stream) {
    Declaration current = leader;
    if (stream == toLeader && current != null && !found.isDone()) {
      toLeader = null;
      strike(current);
    }
  }

  /** A follower has left before the group was closed. */
  void left(JoinStream stream) {
    followers.remove(stream);
  }
}
