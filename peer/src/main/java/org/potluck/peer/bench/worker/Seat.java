package org.potluck.peer.bench.worker;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Averager;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.RoundRequest;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Bandwidth;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.run.Node;

/** A worker's peer, its plain sockets, and the round it is in. */
final class Seat {
  private static final int MEETING_ATTEMPTS = 5;

  private final Node node;
  private final RawMesh mesh;
  private final PeerId self;
  private final Averager averager;
  private volatile Split split = Split.PLAN;
  private MemorySegment values = MemorySegment.NULL;
  private Order.@Nullable Prepare prepared;
  private RoundOutcome.@Nullable Averaged average;
  private Effort before = Effort.NONE;

  private Seat(Node node, RawMesh mesh) {
    this.node = node;
    this.mesh = mesh;
    self = node.onLoop(() -> CompletableFuture.completedFuture(node.network().self()));
    averager =
        node.onLoop(
            () ->
                CompletableFuture.completedFuture(
                    new Averager(
                        node.network(),
                        node.dht(),
                        AveragingOptions.defaults(),
                        new SecureRandom(),
                        (work, members) -> split.planner().split(work, members),
                        Averager.codecThread(),
                        new Trust(new SecureRandom()))));
  }

  static Seat take(Order.Listen order) throws IOException, UserException, InterruptedException {
    List<Multiaddr> listen =
        order.reachable() ? List.of(Multiaddr.parse("/ip4/" + order.host() + "/tcp/0")) : List.of();
    Node node = Node.start(Identity.generate(new SecureRandom()), listen);
    return new Seat(node, new RawMesh(order.host()));
  }

  Node node() {
    return node;
  }

  Reply listening() {
    return new Reply.Listening(
        self.toString(), node.addresses().stream().map(Multiaddr::toString).toList(), mesh.port());
  }

  /** On a machine as busy as a benchmark makes it, the first handshakes may take too long. */
  Reply meet(Order.Meet order) throws UserException {
    List<Multiaddr> addresses = order.addresses().stream().map(Multiaddr::parse).toList();
    for (int attempt = 1; attempt < MEETING_ATTEMPTS; attempt++) {
      try {
        node.bootstrap(addresses);
        return new Reply.Done();
      } catch (UserException e) {
        if (e.exitCode() != ExitCode.UNREACHABLE) {
          throw e;
        }
      }
    }
    node.bootstrap(addresses);
    return new Reply.Done();
  }

  Reply connect(Order.Connect order) throws IOException {
    mesh.connect(order);
    return new Reply.Done();
  }

  Reply move(Order.Move order) throws IOException, InterruptedException {
    Effort start = Effort.soFar();
    mesh.move(order);
    return new Reply.Moved(Effort.soFar().since(start).processor());
  }

  Reply prepare(Order.Prepare order) {
    RoundOutcome.Averaged last = average;
    average = null;
    if (last != null) {
      node.execute(() -> averager.reuse(last));
    }
    if (values.byteSize() != (long) order.values() * Float.BYTES) {
      values = MemorySegment.ofArray(new float[order.values()]);
    }
    Pattern.fill(values, order.epoch(), order.seat());
    split = order.split();
    prepared = order;
    return new Reply.Done();
  }

  Reply average(Order.Average order) throws IOException, NetworkException {
    Order.Prepare wish = inPreparation();
    Duration limit = Duration.ofMillis(Math.round(order.limitSeconds() * 1000));
    before = Effort.soFar();
    RoundOutcome outcome =
        node.await(() -> averager.average(request(wish, limit)), limit.plusSeconds(10));
    return switch (outcome) {
      case RoundOutcome.Averaged averaged -> {
        average = averaged;
        yield ended(
            true,
            "",
            averaged.members().stream().map(PeerId::toString).toList(),
            averaged.faults(),
            averaged.timing());
      }
      case RoundOutcome.Abandoned abandoned ->
          ended(
              false,
              abandoned.cause() + ": " + abandoned.reason() + " " + abandoned.faults(),
              List.of(),
              abandoned.faults(),
              abandoned.timing());
    };
  }

  Reply check(Order.Check order) throws IOException {
    Effort effort = Effort.soFar().since(before);
    RoundOutcome.Averaged averaged = average;
    if (averaged == null) {
      throw new IOException("there is no average to check");
    }
    MemorySegment result = averaged.average();
    Order.Prepare wish = inPreparation();
    Codec codec = Codecs.of(CodecId.valueOf(wish.codec()));
    double up = codec.errorBound(Pattern.MAGNITUDE);
    double bound =
        up + codec.errorBound(Pattern.MAGNITUDE + up) + Pattern.sumBound(order.seats().size());
    return new Reply.Checked(
        Pattern.digest(result),
        Pattern.worstError(result, wish.epoch(), order.seats(), order.weights(), order.doubtful()),
        bound,
        effort);
  }

  private RoundRequest request(Order.Prepare wish, Duration limit) {
    List<PeerId> known = wish.known().stream().map(PeerId::parse).toList();
    CodecId codec = CodecId.valueOf(wish.codec());
    return new RoundRequest(
        wish.key(),
        wish.epoch(),
        new Contribution(values, wish.weight()),
        wish.weight() > 0 ? Role.TRAINER : Role.AUXILIARY,
        new Bandwidth(wish.up()),
        new Bandwidth(wish.down()),
        !node.network().addresses().isEmpty(),
        new Attendance(known, known, known.size() + 1, wish.trainers()),
        codec,
        codec,
        node.network().loop().now().plus(limit));
  }

  private Order.Prepare inPreparation() throws IOException {
    Order.Prepare wish = prepared;
    if (wish == null) {
      throw new IOException("nothing is prepared");
    }
    return wish;
  }

  private static Reply ended(
      boolean averaged,
      String reason,
      List<String> members,
      List<PeerFault> faults,
      RoundOutcome.RoundTiming timing) {
    return new Reply.Ended(
        averaged,
        reason,
        members,
        faults.stream().map(fault -> fault.peer().toString()).distinct().toList(),
        timing.matchmaking().toNanos() / 1e9,
        timing.exchange().toNanos() / 1e9);
  }
}
