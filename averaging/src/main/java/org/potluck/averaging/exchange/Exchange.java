package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.SuspectMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * The data of one round as one member sees it: a butterfly all-reduce whose finishers all hold the
 * same bits, whoever dies on the way.
 *
 * <p>Every member sends each reducer the chunks of that reducer's span, the reducer averages a
 * chunk as soon as it has everybody's, and sends the encoded average to all. If a <em>sender</em>
 * dies, its reducers stop waiting for it: chunks that are done keep its contribution, the others do
 * without, and since every chunk carries its own weight all is well.
 *
 * <p>If a <em>reducer</em> dies it is harder. Some members may hold averages that it sent, others
 * not. Keeping local values (as hivemind does) or averaging anew would leave members with different
 * bits. So the lowest member alive, the coordinator, runs what group communication calls a view
 * change (Birman and Joseph, 1987): it names the dead and a new generation; each live member
 * answers with the chunks it holds and from then on accepts nothing of the dead; when all have
 * answered the coordinator gives every chunk of the dead to a member that holds it, or else to a
 * stand-in to which all send their contributions again. Generations only rise, the coordinator
 * itself may die (the next one starts a higher generation), and a minority cut off from the rest
 * abandons the round.
 *
 * <p>A member that has finished stays until all have, to answer for what it holds.
 */
public final class Exchange implements Link.Owner {
  private static final int EARLY_CHUNKS_MAX = 256;
  private static final int FETCH_CHUNKS_MAX = 4096;

  private final Network network;
  private final EventLoop loop;
  private final AveragingOptions options;
  private final Group group;
  private final int self;
  private final Contribution contribution;
  private final Duration matchmaking;
  private final Instant started;
  private final ChunkTable chunks;
  private final int[] owner;
  private final Codec codecUp;
  private final Codec codecDown;
  private final Reduction reduction;
  private final Averages averages;
  private @Nullable ByteBuffer[] @Nullable [] received;
  private final List<Neighbour> neighbours = new ArrayList<>();
  private final BitSet gone = new BitSet();
  private final BitSet dead = new BitSet();
  private final Set<PeerFault> faults = new LinkedHashSet<>();
  private final CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
  private final Runnable forget;
  private long generation;
  private @Nullable Recovery recovery;
  private int fetchTurn;
  private boolean finished;
  private boolean disposed;

  Exchange(
      Network network,
      AveragingOptions options,
      Group group,
      Contribution contribution,
      Codec codecUp,
      Codec codecDown,
      Duration matchmaking,
      Runnable forget) {
    this.network = network;
    this.loop = network.loop();
    this.options = options;
    this.group = group;
    this.self = group.indexOf(network.self());
    this.contribution = contribution;
    this.codecUp = codecUp;
    this.codecDown = codecDown;
    this.matchmaking = matchmaking;
    this.forget = forget;
    this.started = loop.now();
    this.chunks = new ChunkTable(group);
    this.owner = chunks.owners();
    this.reduction = new Reduction(group, codecUp);
    this.averages = new Averages(group, chunks, codecDown);
    this.received = new @Nullable ByteBuffer[chunks.size()] @Nullable [];
    for (int i = 0; i < group.members().size(); i++) {
      neighbours.add(new Neighbour(i, started));
    }
  }

  CompletableFuture<RoundOutcome> outcome() {
    return outcome;
  }

  Group group() {
    return group;
  }

  void start(Instant deadline) {
    loop.schedule(
        Duration.between(loop.now(), deadline),
        () -> abandon(RoundOutcome.Cause.INCOMPLETE, "the deadline of the round passed"));
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (owner[chunk] != self && group.members().get(self).contributes()) {
        neighbours.get(owner[chunk]).contributions.add(chunk);
      }
    }
    for (Neighbour neighbour : neighbours) {
      if (neighbour.index != self && opens(neighbour.index)) {
        dial(neighbour);
      }
    }
    reduceReady();
    watchLater();
  }

  /** Ends the round early; without effect once it has ended. */
  void abandon(RoundOutcome.Cause cause, String reason) {
    if (!finished && !disposed) {
      dispose(false);
      outcome.complete(new RoundOutcome.Abandoned(cause, reason, List.copyOf(faults), timing()));
    }
  }

  // Links. Of two members the later one dials, unless only the other can be dialed.

  private boolean opens(int other) {
    int low = Math.min(self, other);
    int high = Math.max(self, other);
    boolean lowDials =
        !group.members().get(low).reachable() && group.members().get(high).reachable();
    return self == (lowDials ? low : high);
  }

  private void dial(Neighbour neighbour) {
    Member member = group.members().get(neighbour.index);
    network.remember(member.peer(), member.addresses());
    var _ =
        network
            .open(member.peer(), Rounds.PROTOCOL, options.dialLimit())
            .whenComplete(
                (stream, failure) -> {
                  if (failure != null) {
                    lose(neighbour.index, new PeerFault.Silent(member.peer(), "dialing"));
                  } else {
                    opened(neighbour, stream);
                  }
                });
  }

  private void opened(Neighbour neighbour, Stream stream) {
    Link link = new Link(stream, this);
    if (disposed || neighbour.lost) {
      link.reset();
      return;
    }
    link.write(
        Frames.of(
            FrameKind.HELLO,
            HelloMessage.newBuilder().setRoundId(ByteString.fromHex(group.round())).build()));
    attach(neighbour, link);
  }

  /** A member has opened a link to us. */
  void accept(Link link) {
    int index = group.indexOf(link.stream().remote());
    if (index < 0 || index == self || neighbours.get(index).lost || disposed) {
      link.reset();
      return;
    }
    Neighbour neighbour = neighbours.get(index);
    if (neighbour.link() != null) {
      link.reset();
      return;
    }
    attach(neighbour, link);
    link.bind(this);
  }

  private void attach(Neighbour neighbour, Link link) {
    neighbour.attach(link);
    neighbour.heard = loop.now();
    neighbour.sendHeld();
    pump(neighbour);
  }

  private @Nullable Neighbour at(Link link) {
    for (Neighbour neighbour : neighbours) {
      if (neighbour.link() == link) {
        return neighbour.lost ? null : neighbour;
      }
    }
    return null;
  }

  @Override
  public void progress(Link link) {
    Neighbour from = at(link);
    if (from != null) {
      from.heard = loop.now();
    }
  }

  @Override
  public void writable(Link link) {
    Neighbour neighbour = at(link);
    if (neighbour != null) {
      pump(neighbour);
    }
  }

  @Override
  public void broken(Link link, String why) {
    Neighbour from = at(link);
    link.reset();
    if (from != null) {
      lose(from.index, new PeerFault.Malformed(peer(from.index), why));
    }
  }

  @Override
  public void ended(Link link, StreamEnd end) {
    Neighbour from = at(link);
    if (from != null) {
      lose(from.index, new PeerFault.Silent(peer(from.index), "its connection ended: " + end));
    }
  }

  // Sending.

  private void pump(Neighbour to) {
    while (to.writable()) {
      Integer chunk = to.averages.poll();
      if (chunk != null) {
        ByteBuffer frame = averages.frame(chunk);
        if (frame != null) {
          to.send(frame);
        }
        continue;
      }
      chunk = to.contributions.poll();
      if (chunk == null) {
        return;
      }
      ByteBuffer payload = ByteBuffer.allocate(codecUp.encodedBytes(chunks.values(chunk)));
      codecUp.encode(contribution.values(), chunks.from(chunk), chunks.values(chunk), payload);
      to.send(ChunkFrames.contribution(chunk, payload.flip()));
    }
  }

  private void broadcast(ByteBuffer frame) {
    for (Neighbour neighbour : neighbours) {
      if (neighbour.index != self) {
        neighbour.send(frame.duplicate());
      }
    }
  }

  // Receiving.

  @Override
  public void frame(Link link, Frame frame) throws FrameException {
    Neighbour from = at(link);
    if (from == null || disposed) {
      return;
    }
    switch (frame.kind()) {
      case CONTRIBUTION ->
          contributed(from, ChunkFrames.read(frame.kind(), frame.body(), chunks.size()));
      case AVERAGE -> averaged(from, ChunkFrames.read(frame.kind(), frame.body(), chunks.size()));
      case DONE -> {
        from.done = true;
        disposeWhenAllDone();
      }
      case SUSPECT -> suspected(frame.parse(SuspectMessage.parser()).getMember());
      case FREEZE -> freeze(from, frame.parse(FreezeMessage.parser()));
      case HELD -> held(from, frame.parse(HeldMessage.parser()));
      case REASSIGN -> reassign(frame.parse(ReassignMessage.parser()));
      case FETCH -> fetch(from, frame.parse(FetchMessage.parser()));
      default -> throw new FrameException(frame.kind() + " between members");
    }
  }

  private void contributed(Neighbour from, ChunkFrames.Chunk chunk) throws FrameException {
    int number = chunk.number();
    int bytes = codecUp.encodedBytes(chunks.values(number));
    int size = chunk.payload().remaining();
    if (size != bytes) {
      throw new FrameException("contribution of " + size + " bytes instead of " + bytes);
    }
    if (!group.members().get(from.index).contributes()) {
      throw new FrameException("a contribution from a member without weight");
    }
    if (averages.holds(number)) {
      if (owner[number] == self && generation == 0) {
        faults.add(new PeerFault.Late(peer(from.index), "sending its contribution"));
      }
      return;
    }
    if (owner[number] != self && from.early++ >= EARLY_CHUNKS_MAX) {
      throw new FrameException("contributions that are not for us");
    }
    @Nullable ByteBuffer[] slots = slots(number);
    if (slots[from.index] != null) {
      if (generation == 0) {
        faults.add(new PeerFault.Malformed(peer(from.index), "sent a chunk twice"));
      }
      return;
    }
    slots[from.index] = chunk.payload();
    reduceIfReady(number);
  }

  private @Nullable ByteBuffer[] slots(int chunk) {
    @Nullable ByteBuffer[] slots = received[chunk];
    if (slots == null) {
      slots = new @Nullable ByteBuffer[neighbours.size()];
      received[chunk] = slots;
    }
    return slots;
  }

  private void averaged(Neighbour from, ChunkFrames.Chunk chunk) throws FrameException {
    int number = chunk.number();
    boolean expected =
        owner[number] == from.index || (owner[number] >= 0 && from.asked.get(number));
    if (averages.holds(number) || !expected) {
      return;
    }
    if (!averages.put(number, chunk.payload(), chunk.weight())) {
      throw new FrameException("average of chunk " + number + " does not decode to numbers");
    }
    finishWhenComplete();
  }

  private void fetch(Neighbour from, FetchMessage wish) throws FrameException {
    if (wish.getChunksCount() > FETCH_CHUNKS_MAX) {
      throw new FrameException("asks for " + wish.getChunksCount() + " chunks at once");
    }
    for (int chunk : wish.getChunksList()) {
      if (chunk < 0 || chunk >= chunks.size()) {
        throw new FrameException("asks for chunk " + chunk);
      }
      if (averages.holds(chunk) && !from.averages.contains(chunk)) {
        from.averages.add(chunk);
      }
    }
    pump(from);
  }

  // Reducing.

  private void reduceReady() {
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      reduceIfReady(chunk);
    }
  }

  private void reduceIfReady(int chunk) {
    if (owner[chunk] != self || averages.holds(chunk) || finished || disposed || !ready(chunk)) {
      return;
    }
    Reduction.Mean mean =
        reduction.reduce(
            slots(chunk), self, contribution.values(), chunks.from(chunk), chunks.values(chunk));
    received[chunk] = null;
    for (int member : mean.implausible().stream().toArray()) {
      faults.add(new PeerFault.Implausible(peer(member), "sent values that are no numbers"));
      gone.set(member);
    }
    if (!(mean.weight() > 0)) {
      abandon(RoundOutcome.Cause.INCOMPLETE, "nobody contributed to a part of the vector");
      return;
    }
    ByteBuffer encoded = ByteBuffer.allocate(codecDown.encodedBytes(chunks.values(chunk)));
    codecDown.encode(mean.values(), 0, chunks.values(chunk), encoded);
    if (!averages.put(chunk, encoded.flip(), mean.weight())) {
      abandon(RoundOutcome.Cause.INCOMPLETE, "the sum of the contributions is out of range");
      return;
    }
    for (Neighbour neighbour : neighbours) {
      if (neighbour.index != self && !neighbour.lost) {
        neighbour.averages.add(chunk);
        pump(neighbour);
      }
    }
    finishWhenComplete();
  }

  private boolean ready(int chunk) {
    for (int member = 0; member < neighbours.size(); member++) {
      if (awaits(chunk, member)) {
        return false;
      }
    }
    return true;
  }

  private boolean awaits(int chunk, int member) {
    @Nullable ByteBuffer[] slots = received[chunk];
    return member != self
        && group.members().get(member).contributes()
        && !gone.get(member)
        && (slots == null || slots[member] == null);
  }

  // Deaths.

  private void lose(int member, PeerFault fault) {
    Neighbour neighbour = neighbours.get(member);
    if (neighbour.lost || disposed) {
      return;
    }
    if (!neighbour.done) {
      faults.add(fault);
    }
    neighbour.lose();
    gone.set(member);
    if (finished) {
      disposeWhenAllDone();
    }
    if (disposed) {
      return;
    }
    report();
    if (!disposed) {
      reduceReady();
    }
  }

  /** Tells the coordinator of all we have lost; that may be ourselves. */
  private void report() {
    int coordinator = 0;
    while (coordinator != self && neighbours.get(coordinator).lost) {
      coordinator++;
    }
    if (coordinator == self) {
      recover();
      return;
    }
    for (Neighbour neighbour : neighbours) {
      if (neighbour.lost && !dead.get(neighbour.index)) {
        suspect(coordinator, neighbour.index);
      }
    }
  }

  private void suspect(int coordinator, int member) {
    neighbours
        .get(coordinator)
        .send(Frames.of(FrameKind.SUSPECT, SuspectMessage.newBuilder().setMember(member).build()));
  }

  private void suspected(int member) throws FrameException {
    if (member < 0 || member >= neighbours.size()) {
      throw new FrameException("suspects member " + member);
    }
    boolean inProgress = recovery != null && (dead.get(member) || recovery.awaits(member));
    if (member != self && !dead.get(member) && !inProgress) {
      recover();
    }
  }

  private void recover() {
    for (Neighbour neighbour : neighbours) {
      if (neighbour.lost && !neighbour.done) {
        dead.set(neighbour.index);
      }
    }
    if (!majority()) {
      abandon(RoundOutcome.Cause.INCOMPLETE, "too few members of the group are left");
      return;
    }
    long rank = generation / Group.MEMBERS_MAX + 1;
    enter(rank * Group.MEMBERS_MAX + self);
    BitSet awaited = new BitSet();
    for (Neighbour neighbour : neighbours) {
      if (neighbour.index != self && !neighbour.lost) {
        awaited.set(neighbour.index);
      }
    }
    Recovery begun = new Recovery(generation, dead, awaited, neighbours.size());
    begun.answer(self, averages.held());
    recovery = begun;
    broadcast(
        Frames.of(
            FrameKind.FREEZE,
            FreezeMessage.newBuilder()
                .setGeneration(generation)
                .addAllDead(dead.stream().boxed().toList())
                .build()));
    loop.schedule(options.silenceLimit(), () -> giveUpOnUnanswered(begun));
    concludeWhenAnswered();
  }

  private void giveUpOnUnanswered(Recovery begun) {
    if (recovery == begun && !disposed) {
      for (int member : begun.awaited().stream().toArray()) {
        lose(member, new PeerFault.Silent(peer(member), "a recovery"));
      }
    }
  }

  private boolean majority() {
    int live = neighbours.size() - dead.cardinality();
    return 2 * live > neighbours.size() || (2 * live == neighbours.size() && !dead.get(0));
  }

  /** From here on nothing of the dead is accepted until their chunks are given away. */
  private void enter(long newGeneration) {
    generation = newGeneration;
    recovery = null;
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (dead.get(chunks.owner(chunk))) {
        owner[chunk] = -1;
      }
    }
    for (Neighbour neighbour : neighbours) {
      neighbour.asked.clear();
      neighbour.contributions.removeIf(chunk -> owner[chunk] != neighbour.index);
    }
  }

  private void freeze(Neighbour from, FreezeMessage message) throws FrameException {
    if (message.getGeneration() % Group.MEMBERS_MAX != from.index) {
      throw new FrameException("a generation of another coordinator");
    }
    if (message.getGeneration() <= generation) {
      return;
    }
    bury(message.getDeadList());
    if (disposed) {
      return;
    }
    enter(message.getGeneration());
    from.send(
        Frames.of(
            FrameKind.HELD,
            HeldMessage.newBuilder()
                .setGeneration(generation)
                .setChunks(ByteString.copyFrom(averages.held().toByteArray()))
                .addAllDead(dead.stream().boxed().toList())
                .build()));
    reduceReady();
  }

  private void bury(List<Integer> named) throws FrameException {
    for (int member : named) {
      if (member < 0 || member >= neighbours.size()) {
        throw new FrameException("buries member " + member);
      }
      if (member == self) {
        abandon(RoundOutcome.Cause.INCOMPLETE, "the group went on without this peer");
        return;
      }
      dead.set(member);
      Neighbour neighbour = neighbours.get(member);
      if (!neighbour.lost) {
        faults.add(new PeerFault.Silent(peer(member), "the round, as others saw it"));
        neighbour.lose();
        gone.set(member);
      }
    }
  }

  private void held(Neighbour from, HeldMessage message) throws FrameException {
    Recovery current = recovery;
    if (current == null || message.getGeneration() != current.generation()) {
      return;
    }
    BitSet before = (BitSet) dead.clone();
    bury(message.getDeadList());
    if (disposed) {
      return;
    }
    if (!before.equals(dead)) {
      recover();
      return;
    }
    current.answer(from.index, BitSet.valueOf(message.getChunks().toByteArray()));
    concludeWhenAnswered();
  }

  private void concludeWhenAnswered() {
    Recovery current = recovery;
    if (current == null || !current.complete()) {
      return;
    }
    recovery = null;
    List<Integer> standIns = new ArrayList<>();
    for (Neighbour neighbour : neighbours) {
      if (!dead.get(neighbour.index) && group.members().get(neighbour.index).reachable()) {
        standIns.add(neighbour.index);
      }
    }
    if (standIns.isEmpty()) {
      standIns.add(self);
    }
    ReassignMessage message = current.assign(chunks, standIns);
    broadcast(Frames.of(FrameKind.REASSIGN, message));
    apply(message);
  }

  private void reassign(ReassignMessage message) throws FrameException {
    if (message.getGeneration() != generation) {
      return;
    }
    if (message.getChunksCount() != message.getOwnersCount()) {
      throw new FrameException("chunks and owners do not match");
    }
    for (int i = 0; i < message.getChunksCount(); i++) {
      int chunk = message.getChunks(i);
      int code = message.getOwners(i);
      int member = code < 0 ? -code - 1 : code;
      if (chunk < 0 || chunk >= chunks.size() || member >= neighbours.size()) {
        throw new FrameException("gives chunk " + chunk + " to member " + member);
      }
    }
    apply(message);
  }

  private void apply(ReassignMessage message) {
    // What is owed from here on could not be sent before: silence counts anew.
    neighbours.forEach(neighbour -> neighbour.heard = loop.now());
    List<List<Integer>> wanted = new ArrayList<>();
    neighbours.forEach(neighbour -> wanted.add(new ArrayList<>()));
    for (int i = 0; i < message.getChunksCount(); i++) {
      int chunk = message.getChunks(i);
      int code = message.getOwners(i);
      boolean isHeld = code < 0;
      int member = isHeld ? -code - 1 : code;
      if (!dead.get(chunks.owner(chunk))) {
        continue;
      }
      owner[chunk] = member;
      if (averages.holds(chunk) || member == self || finished) {
        continue;
      }
      if (isHeld) {
        wanted.get(member).add(chunk);
      } else if (group.members().get(self).contributes()) {
        neighbours.get(member).contributions.add(chunk);
      }
    }
    for (Neighbour neighbour : neighbours) {
      ask(neighbour, wanted.get(neighbour.index));
      pump(neighbour);
    }
    reduceReady();
  }

  private void ask(Neighbour neighbour, List<Integer> wanted) {
    for (int from = 0; from < wanted.size(); from += FETCH_CHUNKS_MAX) {
      List<Integer> part = wanted.subList(from, Math.min(wanted.size(), from + FETCH_CHUNKS_MAX));
      part.forEach(neighbour.asked::set);
      neighbour.send(
          Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addAllChunks(part).build()));
    }
  }

  // Silence.

  private void watchLater() {
    loop.schedule(
        options.silenceLimit().dividedBy(4),
        () -> {
          if (!finished && !disposed) {
            watch();
            watchLater();
          }
        });
  }

  private void watch() {
    Instant now = loop.now();
    Instant senderLimit = now.minus(options.silenceLimit());
    Instant reducerLimit = senderLimit.minus(options.silenceLimit());
    boolean stuck = false;
    for (Neighbour neighbour : neighbours) {
      if (neighbour.index == self || neighbour.lost) {
        continue;
      }
      boolean linked = neighbour.link() != null;
      if (!linked && started.isBefore(reducerLimit)) {
        lose(neighbour.index, new PeerFault.Silent(peer(neighbour.index), "connecting"));
      } else if (neighbour.heard.isBefore(senderLimit) && owes(neighbour.index)) {
        faults.add(new PeerFault.Silent(peer(neighbour.index), "sending"));
        gone.set(neighbour.index);
        reduceReady();
      }
      if (disposed || finished) {
        return;
      }
      if (neighbour.heard.isBefore(reducerLimit) && awaitsAverageOf(neighbour.index)) {
        stuck = true;
        probe(neighbour.index);
        if (disposed || finished) {
          return;
        }
      }
    }
    if (stuck || awaitsAverageOfLost()) {
      askAround();
    }
  }

  /** Lets the coordinator find out whether a silent reducer is alive. */
  private void probe(int member) {
    int coordinator = 0;
    while (coordinator != self && (neighbours.get(coordinator).lost || coordinator == member)) {
      coordinator++;
    }
    if (coordinator != self) {
      suspect(coordinator, member);
    } else if (recovery == null) {
      recover();
    }
  }

  private boolean owes(int member) {
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (owner[chunk] == self && !averages.holds(chunk) && awaits(chunk, member)) {
        return true;
      }
    }
    return false;
  }

  private boolean awaitsAverageOf(int member) {
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (owner[chunk] == member && !averages.holds(chunk)) {
        return true;
      }
    }
    return false;
  }

  private boolean awaitsAverageOfLost() {
    for (Neighbour neighbour : neighbours) {
      if (neighbour.lost && awaitsAverageOf(neighbour.index)) {
        return true;
      }
    }
    return false;
  }

  /** Asks one member after another for what is missing; whoever holds it sends it. */
  private void askAround() {
    List<Integer> missing = new ArrayList<>();
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (!averages.holds(chunk) && owner[chunk] != self && owner[chunk] >= 0) {
        missing.add(chunk);
      }
    }
    for (int i = 0; i < neighbours.size(); i++) {
      Neighbour neighbour = neighbours.get(fetchTurn++ % neighbours.size());
      if (neighbour.index != self && !neighbour.lost) {
        ask(neighbour, missing);
        return;
      }
    }
  }

  // The end.

  private void finishWhenComplete() {
    if (finished || !averages.complete()) {
      return;
    }
    finished = true;
    received = new @Nullable ByteBuffer[chunks.size()] @Nullable [];
    neighbours.forEach(neighbour -> neighbour.contributions.clear());
    broadcast(Frames.of(FrameKind.DONE));
    loop.schedule(options.lingerLimit(), () -> dispose(false));
    disposeWhenAllDone();
    outcome.complete(
        new RoundOutcome.Averaged(
            averages.values(), averages.weight(), group.peers(), List.copyOf(faults), timing()));
  }

  private RoundOutcome.RoundTiming timing() {
    return new RoundOutcome.RoundTiming(matchmaking, Duration.between(started, loop.now()));
  }

  private void disposeWhenAllDone() {
    boolean all =
        neighbours.stream().allMatch(other -> other.index == self || other.lost || other.done);
    if (finished && all) {
      dispose(true);
    }
  }

  /**
   * @param gently lets queued bytes out first
   */
  private void dispose(boolean gently) {
    if (disposed) {
      return;
    }
    disposed = true;
    recovery = null;
    for (Neighbour neighbour : neighbours) {
      Link link = neighbour.link();
      if (link != null && gently && !neighbour.lost) {
        link.close();
      } else {
        neighbour.lose();
      }
    }
    averages.forget();
    received = new @Nullable ByteBuffer[chunks.size()] @Nullable [];
    forget.run();
  }

  private PeerId peer(int member) {
    return group.members().get(member).peer();
  }
}
