package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Storage;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * The rounds that this peer takes part in now, and the links that others open for them.
 *
 * <p>A link for a round that is not known yet is held for a while: its opener may have heard the
 * plan first.
 */
public final class Rounds implements Link.Owner {
  /** Of the streams on which chunks travel. */
  static final String PROTOCOL = "/potluck/reduce/2";

  /**
   * Of those on which members say everything else: so that it is heard also by one that has no room
   * for chunks and does not read them.
   */
  static final String CONTROL = "/potluck/control/1";

  /**
   * Links whose round is not known yet; those of members of a running round are not counted out.
   */
  private static final int WAITING_LINKS_MAX = 512;

  /** Two for every stage of a course, and as many that are on their way out. */
  private static final int WAITING_LINKS_PER_PEER_MAX = 4 * Course.STAGES_MAX;

  /** The round of a link that has not named one yet. */
  private static final Hello UNNAMED = new Hello("", ByteString.EMPTY);

  /**
   * How a link begins.
   *
   * @param plan digest of the group, as who opened the link was told it
   */
  private record Hello(String round, ByteString plan) {}

  private final Network network;
  private final AveragingOptions options;
  private final Supplier<Storage> storage;
  private final Executor worker;
  private final SpareArrays spares;
  private final Trust trust;
  private final Map<String, Exchange> exchanges = new LinkedHashMap<>();

  /** Links that are not bound to a round yet, and which they name. */
  private final Map<Link, Hello> waitingLinks = new LinkedHashMap<>();

  private final Pantry pantry;
  private final Archive archive;

  /** Reducers that are being reviewed. */
  private final Set<PeerId> reviewing = new HashSet<>();

  /**
   * @param storage where each round keeps what is as long as the vector
   * @param worker encodes, adds and decodes; runs tasks one at a time, in order. In a simulation
   *     {@code Runnable::run}
   * @param trust judges contributions, and hears what came of it; what is carried on from an
   *     earlier stage is a mean of several, and is not judged again
   */
  public Rounds(
      Network network,
      AveragingOptions options,
      Supplier<Storage> storage,
      Executor worker,
      Trust trust) {
    this.network = network;
    this.trust = trust;
    this.worker = worker;
    this.options = options;
    this.storage = storage;
    this.spares = new SpareArrays(options.bufferBytesMax());
    this.pantry = new Pantry(network);
    this.archive = new Archive(network);
    network.handle(PROTOCOL, this::accept);
    network.handle(CONTROL, this::accept);
    network.listen(
        new Network.ConnectionListener() {
          @Override
          public void disconnected(PeerId peer) {
            List.copyOf(exchanges.values()).forEach(exchange -> exchange.disconnected(peer));
          }
        });
  }

  /**
   * Goes through all groups of a course.
   *
   * @throws IllegalArgumentException when this peer is not of each group, or the lengths differ
   */
  public CompletableFuture<RoundOutcome> pass(
      SignedCourse told, Contribution contribution, Duration matchmaking, Instant deadline) {
    Course course = told.course();
    if (course.stages().size() == 1) {
      return begin(course.stages().getFirst(), told, contribution, matchmaking, deadline);
    }
    Instant until = Passage.groupDeadline(network.loop().now(), deadline);
    List<Exchange> exchanges = new ArrayList<>();
    for (Group stage : course.stages()) {
      exchanges.add(
          make(stage, told, exchanges.isEmpty() ? contribution : null, matchmaking, until));
    }
    Passage passage =
        new Passage(
            network.loop(),
            course,
            exchanges,
            stage -> detour(course, stage, deadline),
            matchmaking);
    pantry.open(passage);
    for (Exchange exchange : exchanges) {
      CompletableFuture<Void> _ =
          exchange.outcome().thenAccept(outcome -> concluded(exchange, outcome));
    }
    passage.start();
    exchanges.forEach(this::start);
    CompletableFuture<Void> _ =
        passage
            .outcome()
            .thenRun(
                () -> {
                  EventLoop.Timer _ =
                      network.loop().schedule(options.lingerLimit(), () -> pantry.close(passage));
                });
    return passage.outcome();
  }

  private Detour detour(Course course, int stage, Instant deadline) {
    Group group = course.stages().get(stage);
    ChunkTable chunks = new ChunkTable(group);
    Codec codec = Codecs.of(group.codecDown());
    return new Detour(
        network,
        options,
        new Workshop(network.loop(), worker),
        course,
        stage,
        chunks,
        new Averages(chunks, codec, storage.get(), new Buffers(options.bufferBytesMax(), spares)),
        ChunkFrames.bodyBytes(FrameKind.AVERAGE, codec.encodedBytes(chunks.valuesMax())),
        deadline);
  }

  /**
   * Exchanges data with a group that nobody leads.
   *
   * @throws IllegalArgumentException when this peer is not of the group, or the lengths differ
   */
  public CompletableFuture<RoundOutcome> begin(
      Group group, Contribution contribution, Duration matchmaking, Instant deadline) {
    return begin(group, null, contribution, matchmaking, deadline);
  }

  private CompletableFuture<RoundOutcome> begin(
      Group group,
      @Nullable SignedCourse told,
      Contribution contribution,
      Duration matchmaking,
      Instant deadline) {
    Exchange exchange = make(group, told, contribution, matchmaking, deadline);
    start(exchange);
    return exchange.outcome().thenApply(outcome -> concluded(exchange, outcome));
  }

  /**
   * @param contribution null where it comes later
   */
  private Exchange make(
      Group group,
      @Nullable SignedCourse told,
      @Nullable Contribution contribution,
      Duration matchmaking,
      Instant deadline) {
    boolean lengthDiffers = contribution != null && group.length() != contribution.length();
    if (group.indexOf(network.self()) < 0 || lengthDiffers) {
      throw new IllegalArgumentException("not a group for this contribution");
    }
    String round = group.round();
    // A leader could otherwise have a reducer forget what its averages of that round are made of.
    if (exchanges.containsKey(round) || archive.knows(round)) {
      throw new IllegalArgumentException("a round that runs already, or has");
    }
    Exchange exchange =
        new Exchange(
            network,
            worker,
            options,
            group,
            told,
            contribution,
            storage.get(),
            spares,
            matchmaking,
            deadline,
            trust,
            archive,
            () -> exchanges.remove(round));
    exchanges.put(round, exchange);
    return exchange;
  }

  private void start(Exchange exchange) {
    String round = exchange.group().round();
    exchange.start();
    Map<Link, Hello> waiting = new LinkedHashMap<>(waitingLinks);
    waiting.values().removeIf(hello -> !hello.round().equals(round));
    waiting.forEach(
        (link, hello) -> {
          waitingLinks.remove(link);
          exchange.accept(link, hello.plan());
        });
  }

  private RoundOutcome concluded(Exchange exchange, RoundOutcome outcome) {
    Screen screen = exchange.screen();
    if (screen != null) {
      MemorySegment average =
          outcome instanceof RoundOutcome.Averaged averaged ? averaged.average() : null;
      trust.conclude(screen, average, network.loop().now());
      if (average != null) {
        trust.drawReview(exchange.reviewable()).ifPresent(chunk -> review(exchange, chunk));
      }
    }
    return outcome;
  }

  private void review(Exchange exchange, int chunk) {
    Review review = exchange.review(chunk);
    if (review != null && reviewing.add(review.reviewed())) {
      CompletableFuture<Void> _ =
          review.begin().thenAccept(finding -> reviewed(review.reviewed(), finding));
    }
  }

  private void reviewed(PeerId reducer, Review.Finding finding) {
    Instant now = network.loop().now();
    reviewing.remove(reducer);
    switch (finding) {
      case TRUE, NONE -> {}
      case FALSE ->
          trust.hold(
              reducer,
              Misdeed.FAILED_REVIEW,
              "an average of its is not that of what it was sent",
              now);
      case UNPROVEN ->
          trust.hold(
              reducer,
              Misdeed.UNPROVEN_AVERAGE,
              "does not show what an average of its was made of",
              now);
    }
  }

  /** Abandons the round of that name, if it still runs. */
  public void cancel(String round) {
    Exchange exchange = exchanges.get(round);
    if (exchange != null) {
      exchange.cancel();
    }
    Passage passage = pantry.passage(round);
    if (passage != null) {
      passage.cancel();
    }
  }

  /** Whether an exchange runs, or has ended here and not yet for others that need this peer. */
  public boolean underWay() {
    return !exchanges.isEmpty();
  }

  /**
   * How many values make a chunk, so that neither codec exceeds the options' bytes: whole blocks
   * where a block fits.
   */
  public static int chunkValues(AveragingOptions options, CodecId codecUp, CodecId codecDown) {
    double bytesPerValue = Math.max(codecUp.bytesPerValue(), codecDown.bytesPerValue());
    int values = (int) (options.chunkBytesMax() / Math.max(1, bytesPerValue));
    return values < Codec.BLOCK_VALUES ? values : values - values % Codec.BLOCK_VALUES;
  }

  /**
   * Whether a plan's chunks are none that a leader should not make others move: at most {@link
   * AveragingOptions#CHUNK_BYTES_LIMIT}, and whole blocks of the codecs, but where the options
   * allow less than one.
   */
  public static boolean hasSoundChunks(Group group, AveragingOptions options) {
    int values = group.chunkValues();
    int least =
        Math.min(Codec.BLOCK_VALUES, chunkValues(options, group.codecUp(), group.codecDown()));
    boolean whole = values % Codec.BLOCK_VALUES == 0 || values <= Codec.BLOCK_VALUES;
    return values >= least
        && values <= AveragingOptions.CHUNK_BYTES_LIMIT
        && whole
        && fits(group.codecDown(), values)
        && IntStream.range(0, group.members().size())
            .allMatch(member -> fits(group.codecUp(member), values));
  }

  private static boolean fits(CodecId codec, int values) {
    return Codecs.of(codec).encodedBytes(values) <= AveragingOptions.CHUNK_BYTES_LIMIT;
  }

  private void accept(Stream stream) {
    Link link = new Link(stream, this);
    if (!isWelcome(stream.remote())) {
      link.reset();
      return;
    }
    stream.idleLimit(Duration.ofDays(1));
    waitingLinks.put(link, UNNAMED);
    network
        .loop()
        .schedule(
            options.silenceLimit(),
            () -> {
              if (waitingLinks.remove(link) != null) {
                link.reset();
              }
            });
  }

  /** Strangers may fill what room there is for links that wait, but keep no member out by that. */
  private boolean isWelcome(PeerId peer) {
    long own =
        waitingLinks.keySet().stream().filter(link -> link.stream().remote().equals(peer)).count();
    boolean member =
        exchanges.values().stream().anyMatch(exchange -> exchange.group().indexOf(peer) >= 0);
    return own < WAITING_LINKS_PER_PEER_MAX && (member || waitingLinks.size() < WAITING_LINKS_MAX);
  }

  @Override
  public void frame(Link link, Frame frame) throws FrameException {
    if (frame.kind() != FrameKind.HELLO) {
      throw new FrameException("a link begins with " + frame.kind());
    }
    HelloMessage message = frame.parse(HelloMessage.parser());
    Hello hello = new Hello(Group.roundOf(message), message.getPlan());
    Exchange exchange = exchanges.get(hello.round());
    if (exchange != null) {
      waitingLinks.remove(link);
      exchange.accept(link, hello.plan());
    } else {
      link.hold();
      waitingLinks.replace(link, hello);
    }
  }

  @Override
  public void broken(Link link, String why) {
    waitingLinks.remove(link);
    link.reset();
  }

  @Override
  public void ended(Link link, StreamEnd end) {
    waitingLinks.remove(link);
  }
}
