package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Storage;
import org.potluck.averaging.exchange.ChunkFrames.Chunk;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.PlanMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.SuspectMessage;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.StreamEnd;

/**
 * The data of one round as one member sees it: a butterfly all-reduce whose finishers all hold the
 * same bits, whoever dies on the way.
 *
 * <p>Every member sends each reducer the chunks of that reducer's span ({@link Sender}); the
 * reducer averages a chunk as soon as it has everybody's ({@link Reducer}) and sends the encoded
 * average to all, who take it in ({@link Intake}). If a <em>sender</em> dies or lags, its reducers
 * stop waiting for it: chunks that are done keep its contribution, the others do without, and since
 * every chunk carries its own weight all is well. If a <em>reducer</em> dies or lags, others take
 * over ({@link Succession}). Links come from {@link Dialing}. Who is missed is found by {@link
 * Watch}, and when it is over by {@link Ending}.
 *
 * <p>This class holds the links and hands what comes to where it belongs.
 */
final class Exchange
    implements Link.Owner,
        Dialing.Effects,
        Reducer.Outlet,
        Intake.Effects,
        Succession.Effects,
        Watch.Effects,
        Accord.Effects {
  /** Chunks that wait in a stream: one on its way out, and the next. */
  private static final int QUEUED_CHUNKS = 2;

  /** One's own, and the proof that it contradicts another's, from both sides. */
  private static final int PLANS_SHOWN_MAX = 3;

  private final Network network;
  private final Round round;
  private final Roster roster;
  private final Dialing dialing;
  private final Ledger ledger;
  private final Averages averages;
  private final Buffers buffers;
  private final Sender sender;
  private final @Nullable Screen screen;
  private final Reducer reducer;
  private final Intake intake;
  private final Succession succession;
  private final Ending ending;
  private final Watch watch;
  private final Accord accord;

  private final Runnable forget;
  private boolean kept;
  private @Nullable ByteBuffer proof;
  private final int contributionBytesMax;
  private final int averageBytesMax;

  Exchange(
      Network network,
      Executor worker,
      AveragingOptions options,
      Group group,
      @Nullable SignedCourse told,
      @Nullable Contribution contribution,
      Storage storage,
      SpareArrays spares,
      Duration matchmaking,
      Instant deadline,
      Trust trust,
      Archive archive,
      Runnable forget) {
    this.network = network;
    this.forget = forget;
    int self = group.indexOf(network.self());
    Workshop workshop = new Workshop(network.loop(), worker);
    this.round =
        new Round(
            network.loop(),
            workshop,
            options,
            group,
            self,
            deadline,
            new Signatures(network.identity(), group.round()),
            trust.reviews());
    if (contribution != null) {
      round.bring(contribution.values(), new double[0]);
    }
    this.roster = new Roster(round);
    this.dialing = new Dialing(network, round, roster, this, this);
    this.ledger = new Ledger(round.chunks);
    this.buffers = new Buffers(options.bufferBytesMax(), spares);
    this.averages = new Averages(round.chunks, round.codecDown, storage, buffers);
    this.sender = new Sender(round, roster, averages, this::failed);
    this.screen =
        contribution == null
            ? null
            : trust.screen(
                group.peers(),
                group.members().stream().map(Member::weight).toList(),
                self,
                contribution,
                round.codecsUp,
                IntStream.range(0, round.size()).mapToObj(round.chunks::of).toList(),
                round.chunks.valuesMax(),
                round.started);
    Evidence evidence = round.signed() ? archive.open(group) : null;
    this.reducer = new Reducer(round, roster, ledger, averages, buffers, screen, evidence, this);
    this.intake = new Intake(round, ledger, averages, screen, this);
    this.succession = new Succession(round, roster, ledger, averages, sender, this);
    this.ending = new Ending(round, roster, ledger, averages, matchmaking, this::dispose);
    this.watch = new Watch(round, roster, ledger, averages, sender, reducer, succession, this);
    this.accord = new Accord(round, told, this);
    int values = round.chunks.valuesMax();
    this.contributionBytesMax =
        ChunkFrames.bodyBytes(
            round.contributionKind(),
            IntStream.range(0, round.size())
                .map(member -> round.contributionBytes(member, values))
                .max()
                .orElse(0));
    this.averageBytesMax =
        ChunkFrames.bodyBytes(FrameKind.AVERAGE, round.codecDown.encodedBytes(values));
  }

  CompletableFuture<RoundOutcome> outcome() {
    return ending.outcome();
  }

  /** What was seen of the contributions; null in a carried round. */
  @Nullable Screen screen() {
    return screen;
  }

  void start() {
    round.later(
        Duration.between(round.started, round.deadline),
        () -> ending.abandon(RoundOutcome.Cause.INCOMPLETE, "the deadline of the round passed"));
    sender.begin();
    dialing.begin();
    reducer.begin();
    watch.begin();
  }

  /**
   * What this member brings to a carried round is there.
   *
   * @param weights what each chunk of it counts
   */
  void bring(MemorySegment values, double[] weights) {
    if (round.running()) {
      round.bring(values, weights);
      roster.others().forEach(sender::pump);
      reducer.brought();
    }
  }

  /** By member: chunks of whose averages this one can be asked for a review; none unsigned. */
  List<List<Integer>> reviewable() {
    return intake.reviewable();
  }

  /** A review of the average of one of those chunks, not begun; null when it is gone. */
  @Nullable Review review(int chunk) {
    ByteBuffer average = averages.copy(chunk);
    return average == null || screen == null
        ? null
        : new Review(network, round, screen, chunk, average);
  }

  /** The averages, which from now on are the caller's to forget. */
  Averages keep() {
    kept = true;
    return averages;
  }

  Group group() {
    return round.group;
  }

  /** Gives the round up; without effect once it has ended. */
  void cancel() {
    ending.abandon(RoundOutcome.Cause.CANCELLED, "cancelled");
  }

  // Links.

  /**
   * A peer has opened a link for this round.
   *
   * @param plan digest of the group as it was told it
   */
  void accept(Link link, ByteString plan) {
    if (round.over()) {
      link.reset();
    } else if (accord.isSame(plan)) {
      dialing.accept(link);
    } else {
      accord.dispute(link);
    }
  }

  /** Two plans that contradict each other, as a frame, once they have ended the round; or null. */
  @Nullable ByteBuffer proof() {
    return proof;
  }

  /** Everybody is told before this member goes, so that nobody takes anybody for lost. */
  @Override
  public void betrayed(ByteBuffer newProof) {
    PeerId leader = accord.leader();
    if (round.running() && leader != null) {
      proof = newProof;
      roster.broadcast(newProof);
      accord.tell(newProof);
      round.blameAlone(new PeerFault.TwoFaced(leader, "told members different plans"));
      ending.abandon(
          RoundOutcome.Cause.INCOMPLETE, "its leader told members different plans of it");
    }
  }

  @Override
  public void unproven(PeerId peer) {
    int member = round.group.indexOf(peer);
    if (member >= 0 && !round.over()) {
      lose(
          member,
          new PeerFault.Malformed(peer, "says that it was told another plan, and shows none"));
    }
  }

  /** The connection to {@code peer} is gone. */
  void disconnected(PeerId peer) {
    dialing.disconnected(peer);
  }

  /**
   * What a stream holds goes out before anything else, so the more it holds the less is in step.
   */
  @Override
  public void linked(Neighbour other, Link link) {
    other.heard = round.loop.now();
    other.attach(link);
    if (link.carriesChunks()) {
      link.queueAtMost(QUEUED_CHUNKS, Math.max(contributionBytesMax, averageBytesMax));
      sender.pump(other);
    }
  }

  @Override
  public void progress(Link link) {
    Neighbour from = roster.at(link);
    if (from != null) {
      from.heard = round.loop.now();
    }
  }

  @Override
  public void writable(Link link) {
    Neighbour to = roster.at(link);
    if (to != null && link.carriesChunks()) {
      sender.pump(to);
    }
  }

  @Override
  public void broken(Link link, String why) {
    Neighbour from = roster.at(link);
    link.reset();
    if (from != null) {
      lose(from.index, new PeerFault.Malformed(round.peer(from.index), why));
    }
  }

  @Override
  public void ended(Link link, StreamEnd end) {
    Neighbour from = roster.at(link);
    // Who goes in peace ends both links, and what is on its way on the other one still counts.
    if (from != null && (!end.finished() || from.ended())) {
      lose(
          from.index, new PeerFault.Silent(round.peer(from.index), "its connection ended: " + end));
    }
  }

  // Frames.

  @Override
  public @Nullable ByteBuffer room(Link link, int marker, int length) {
    if (!link.carriesChunks()) {
      return null;
    }
    boolean contribution =
        marker == round.contributionKind().wireNumber() && length <= contributionBytesMax;
    boolean average = marker == FrameKind.AVERAGE.wireNumber() && length <= averageBytesMax;
    return contribution || average ? buffers.lend(length) : null;
  }

  @Override
  public void frame(Link link, Frame frame) throws FrameException {
    Neighbour from = roster.at(link);
    if (from == null || round.over()) {
      return;
    }
    if (frame.kind().isChunk() != link.carriesChunks()) {
      throw new FrameException(frame.kind() + " on the wrong stream");
    }
    switch (frame.kind()) {
      case CONTRIBUTION, CARRIED, SIGNED -> contributed(from, frame);
      case AVERAGE -> averaged(from, frame);
      case DONE -> ending.done(from, frame.parse(DoneMessage.parser()));
      case SETTLED -> ending.settled(from, frame.parse(DoneMessage.parser()));
      case FREEZE -> succession.freeze(from, frame.parse(FreezeMessage.parser()));
      case HELD -> succession.held(from, frame.parse(HeldMessage.parser()));
      case REASSIGN -> succession.reassign(from, frame.parse(ReassignMessage.parser()));
      case SUSPECT -> {
        int suspect = succession.suspected(from, frame.parse(SuspectMessage.parser()));
        if (suspect >= 0) {
          dialing.seek(roster.at(suspect));
        }
      }
      case FETCH -> sender.asked(from, frame.parse(FetchMessage.parser()));
      case PLAN -> {
        if (++from.plansShown > PLANS_SHOWN_MAX) {
          throw new FrameException("plans time after time");
        }
        accord.read(frame.parse(PlanMessage.parser()));
      }
      case ALIVE -> {}
      case JOIN, ANSWER, HELLO, LACKS, EVIDENCE ->
          throw new FrameException(frame.kind() + " between members");
    }
  }

  private void contributed(Neighbour from, Frame frame) throws FrameException {
    if (frame.kind() != round.contributionKind()) {
      throw new FrameException(frame.kind() + " in a round of another stage");
    }
    reducer.take(
        from, ChunkFrames.read(frame.kind(), frame.body(), round.chunks.size()), frame.body());
  }

  private void averaged(Neighbour from, Frame frame) throws FrameException {
    Chunk chunk = ChunkFrames.read(frame.kind(), frame.body(), round.chunks.size());
    if (chunk.weight() > round.group.weightMax()) {
      throw new FrameException("an average over more than the group weighs: " + chunk.weight());
    }
    if (intake.isAhead(chunk)) {
      from.holdBack(frame.copy());
    } else {
      intake.take(from, chunk, frame.body());
    }
  }

  @Override
  public void spoilt(Neighbour from, int chunk) {
    Link link = from.link();
    if (link != null && !from.lost) {
      broken(link, "average of chunk " + chunk + " does not decode to numbers");
    }
  }

  @Override
  public void taken() {
    ending.check();
  }

  /** We have taken an average. */
  @Override
  public void averaged(Chunk chunk, ByteBuffer body) {
    averages.hold(chunk, body);
    sender.spread(chunk.number());
    ending.check();
  }

  @Override
  public void failed(String reason) {
    ending.abandon(RoundOutcome.Cause.INCOMPLETE, reason);
  }

  // Losses.

  @Override
  public void lose(int member, PeerFault fault) {
    if (!roster.at(member).lost && !round.over()) {
      drop(member, fault);
      succession.memberLost(member);
    }
  }

  @Override
  public void drop(int member, PeerFault fault) {
    Neighbour other = roster.at(member);
    if (other.lost || round.over()) {
      return;
    }
    // Whoever goes when the average is final takes nothing with it that anybody needs, and those
    // that cannot be dialed have no way to tell each other.
    if (!other.settled && !ending.isSaidToBeFinal()) {
      round.blame(fault);
    }
    other.lose();
    sender.release();
    reducer.skip(member);
    ending.leaveWhenAllKnow();
  }

  @Override
  public void outnumbered() {
    boolean anybody = roster.others().stream().anyMatch(Neighbour::linked);
    if (!ending.isFinal() || !anybody) {
      failed("too few members of the group are left");
    }
  }

  @Override
  public void buried() {
    failed("the group went on without this peer");
  }

  @Override
  public void frozen() {
    sender.withdraw(ledger);
    reducer.reassigned();
  }

  @Override
  public void decided(List<List<Integer>> wanted) {
    for (Neighbour other : roster.others()) {
      sender.ask(other, wanted.get(other.index));
      sender.pump(other);
    }
    reducer.reassigned();
    roster.others().forEach(this::goOn);
    ending.check();
  }

  /** Takes what came before the decision. */
  private void goOn(Neighbour from) {
    Link link = from.link();
    for (Frame frame : from.goOn()) {
      if (link != null && !from.lost) {
        try {
          averaged(from, frame);
        } catch (FrameException e) {
          broken(link, String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private void dispose() {
    if (round.over()) {
      return;
    }
    boolean settled = round.phase == Round.Phase.SETTLED;
    boolean inPeace = settled || proof != null;
    round.phase = Round.Phase.OVER;
    round.cancelTimers();
    watch.end();
    for (Neighbour other : roster.others()) {
      if (inPeace && !other.lost) {
        other.close();
      } else {
        other.lose();
      }
    }
    if (!kept || !settled) {
      averages.forget();
    }
    accord.end();
    reducer.clear();
    forget.run();
  }
}
