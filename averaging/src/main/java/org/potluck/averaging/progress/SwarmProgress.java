package org.potluck.averaging.progress;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.ProgressAnswer;
import org.potluck.averaging.proto.ProgressWord;
import org.potluck.dht.Dht;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.rpc.UnaryMethod;

/**
 * What is known of how far everybody is, and the telling of how far we are.
 *
 * <p>Reading all progress from the DHT at every step, as hivemind does, makes a swarm react in
 * seconds. Here peers find each other through the DHT and then tell each other directly: a word
 * goes to every known peer when it changes something, at most one at a time per peer, and its
 * answer carries the other's own word back. In a large swarm one that only counts samples waits for
 * its turn ({@link Cadence}). The DHT keeps a signed copy for those who come later.
 *
 * <p>A peer that is lost is left out at once when nothing else connects us to it, or when it has
 * been silent for the time to live.
 */
public final class SwarmProgress {
  private static final Duration DISCOVER_EVERY = Duration.ofSeconds(3);
  private static final Duration PUBLISH_EVERY = Duration.ofSeconds(10);
  private static final Duration RECORD_LIFE = Duration.ofSeconds(60);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(3);
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(10);
  private static final int PEERS_MAX = 4096;

  private final Network network;
  private final EventLoop loop;
  private final Rpc rpc;
  private final Dht dht;
  private final String key;
  private final UnaryMethod<ProgressWord, ProgressAnswer> tell;
  private final Map<PeerId, Heard> others = new TreeMap<>();
  private final Map<PeerId, Boolean> telling = new TreeMap<>();
  private final Cadence cadence = new Cadence();
  private final Belief belief = new Belief();
  private final List<Runnable> listeners = new ArrayList<>();
  private Predicate<PeerId> ignored = peer -> false;
  private @Nullable PeerProgress own;
  private @Nullable Instant published;
  private boolean catchingUp;
  private boolean stopped;

  /**
   * The newest word of one peer.
   *
   * @param since when it was first heard: what follows from it has been going on since
   * @param at when it was last heard
   */
  public record Heard(PeerProgress progress, Instant since, Instant at) {}

  /**
   * @param run the run's id; progress of other runs is another notebook
   */
  public SwarmProgress(Network network, Rpc rpc, Dht dht, String run) {
    this.network = network;
    this.loop = network.loop();
    this.rpc = rpc;
    this.dht = dht;
    this.key = run + ".progress";
    tell =
        new UnaryMethod<>(
            run + "::Progress.rpc_tell", ProgressWord.parser(), ProgressAnswer.parser(), 16 * 1024);
    rpc.serve(tell, this::told);
    dht.require(key, value -> read(network.self(), value).isPresent());
    network.listen(
        new Network.ConnectionListener() {
          @Override
          public void disconnected(PeerId peer) {
            lost(peer);
          }
        });
    discover();
    beat();
  }

  /**
   * From now on peers that {@code who} names are heard, but what they say of their progress counts
   * for nothing; they still count where it matters how many there are.
   */
  public void ignore(Predicate<PeerId> who) {
    ignored = who;
  }

  /** Replaces what we say of ourselves and tells those who know us. */
  public void say(PeerProgress progress) {
    boolean counts = own != null && own.countsOn(progress);
    own = progress;
    if (counts) {
      tellInTurn();
    } else {
      tell(peer -> true);
    }
    if (published == null
        || progress.leaving()
        || Duration.between(published, loop.now()).compareTo(PUBLISH_EVERY) >= 0) {
      publish(progress);
    }
  }

  /** The newest word of every other peer that is still believed to be there, by peer id. */
  public List<Heard> heard() {
    Instant now = loop.now();
    others
        .values()
        .removeIf(
            heard -> {
              boolean silent = Duration.between(heard.at(), now).compareTo(SILENCE_LIMIT) > 0;
              if (silent) {
                cadence.forget(heard.progress().peer());
              }
              return silent;
            });
    return others.values().stream().filter(heard -> !heard.progress().leaving()).toList();
  }

  /** What {@link #heard} says, without the times. */
  public List<PeerProgress> others() {
    return heard().stream().map(Heard::progress).toList();
  }

  /**
   * The others that take part and are believed, by peer id, with the times. Whoever claims to be
   * ahead of us without others who say the same is left out at first; see {@link #doubt}.
   */
  public List<Heard> heardParticipants() {
    PeerProgress word = own;
    List<Heard> heeded = heeded();
    return word == null ? heeded : belief.believed(word.epoch(), word.trains(), heeded, loop.now());
  }

  /**
   * Whether a participant says that it is ahead of us and has not been found to lie. Then the round
   * of our epoch is over somewhere, and a second one would end with another result.
   *
   * <p>A peer that computes nothing cannot find out who lies, so it heeds what most say, and leaves
   * the rest to those who bring the contributions: without them there is no round.
   */
  public boolean overtaken() {
    PeerProgress word = own;
    if (word == null) {
      return false;
    }
    return word.trains()
        ? belief.claimed(word.epoch(), heeded(), loop.now())
        : heardParticipants().stream().anyMatch(other -> other.progress().epoch() > word.epoch());
  }

  /**
   * Participants that are heard of, believed or not, and have not been left behind; without this
   * peer.
   *
   * <p>Members of a round do not end it in the same instant. One that is still about to take the
   * step before is on its way here: without it, two quick peers would be a quorum of two, and begin
   * before it can say that it has arrived.
   */
  public List<PeerProgress> contenders() {
    long epoch = own == null ? 0 : own.epoch();
    return live(PeerProgress::takesPart).stream()
        .map(Heard::progress)
        .filter(
            other ->
                other.epoch() >= epoch
                    || (other.epoch() == epoch - 1
                        && other.activity().equals(PeerProgress.AVERAGING)))
        .toList();
  }

  /** What believed participants at {@code epoch} call their parameters, one for each. */
  public List<String> digestsAt(long epoch) {
    return heardParticipants().stream()
        .map(Heard::progress)
        .filter(other -> other.epoch() == epoch)
        .map(PeerProgress::digest)
        .toList();
  }

  private List<Heard> heeded() {
    return live(PeerProgress::takesPart).stream()
        .filter(heard -> !ignored.test(heard.progress().peer()))
        .toList();
  }

  private List<Heard> live(Predicate<PeerProgress> who) {
    return heard().stream().filter(heard -> who.test(heard.progress())).toList();
  }

  /** None of {@code peers}, who claimed to be ahead, could give the state they claim to have. */
  public void doubt(List<PeerId> peers) {
    belief.doubt(peers, Duration.ZERO, loop.now());
  }

  /**
   * None of {@code peers} gave its state. Who is busy, or has banned this peer, has shown nothing
   * that speaks against it; but what few claim and do not show is not waited for, whatever keeps
   * them.
   *
   * @param excused whether all of them have said why they give nothing
   * @param contested whether only half of all, or fewer, claim to have it
   * @param lost how long that was waited for
   */
  public void gaveNothing(List<PeerId> peers, boolean excused, boolean contested, Duration lost) {
    if (contested) {
      belief.doubt(peers, lost, loop.now());
    } else if (!excused) {
      doubt(peers);
    }
  }

  /** One of {@code peers} gave a state that is newer than ours. */
  public void trust(List<PeerId> peers) {
    peers.forEach(belief::trust);
  }

  /** The others that take part and are believed, the furthest first. */
  public List<PeerProgress> participants() {
    return furthestFirst(heardParticipants());
  }

  /** All others that take part, believed or not, the furthest first. */
  public List<PeerProgress> presentParticipants() {
    return furthestFirst(live(PeerProgress::takesPart));
  }

  /** All others that hold the model, the furthest first: for those who look on. */
  public List<PeerProgress> present() {
    return furthestFirst(live(other -> other.role().holdsModel()));
  }

  private static List<PeerProgress> furthestFirst(List<Heard> peers) {
    return peers.stream()
        .map(Heard::progress)
        .sorted(Comparator.comparingLong(PeerProgress::epoch).reversed())
        .toList();
  }

  /** The newest epoch at which another peer has said that it leaves, or has left; zero for none. */
  public long lastEpoch() {
    return others.values().stream()
        .mapToLong(heard -> heard.progress().lastEpoch())
        .max()
        .orElse(0);
  }

  /** Whether the last word of {@code peer} was that it leaves; known for a few seconds. */
  public boolean saidGoodbye(PeerId peer) {
    Heard last = others.get(peer);
    return last != null && last.progress().leaving();
  }

  /** Calls {@code listener} on the loop whenever something new was heard. */
  public void listen(Runnable listener) {
    listeners.add(listener);
  }

  /** Looks for peers now instead of at the next turn. */
  public CompletableFuture<Void> discoverNow() {
    return dht.entries(key).thenAccept(entries -> entries.forEach(this::found));
  }

  /** Stops talking; the last word said stays until it expires. */
  public void stop() {
    stopped = true;
  }

  private void discover() {
    if (!stopped) {
      CompletableFuture<Void> _ = discoverNow();
      EventLoop.Timer _ = loop.schedule(DISCOVER_EVERY, this::discover);
    }
  }

  private void beat() {
    if (!stopped) {
      Duration every = Collections.max(List.of(HEARTBEAT, Cadence.every(others.size())));
      tell(peer -> cadence.due(peer, every, loop.now()));
      EventLoop.Timer _ = loop.schedule(HEARTBEAT, this::beat);
    }
  }

  /** Of several that begin at once, the one whose first record is stored last finds the others. */
  private void publish(PeerProgress progress) {
    boolean first = published == null;
    published = loop.now();
    CompletableFuture<Void> _ =
        dht.publish(key, progress.toMessage().toByteArray(), loop.now().plus(RECORD_LIFE))
            .thenCompose(
                stored -> first ? discoverNow() : CompletableFuture.completedFuture((Void) null));
  }

  private void found(Dht.Entry entry) {
    if (entry.owner().equals(network.self()) || others.containsKey(entry.owner())) {
      return;
    }
    read(entry.owner(), entry.value())
        .ifPresent(
            progress -> {
              network.remember(progress.peer(), progress.addresses());
              tell(progress.peer()); // its answer says that it is still there
            });
  }

  /** Empty where that cannot be; its owner's mistake, there will be a better record or none. */
  private static Optional<PeerProgress> read(PeerId owner, byte[] value) {
    try {
      return Optional.of(PeerProgress.of(owner, ProgressWord.parseFrom(value)));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private CompletableFuture<ProgressAnswer> told(PeerId caller, ProgressWord message) {
    heard(caller, message);
    ProgressAnswer.Builder answer = ProgressAnswer.newBuilder();
    if (own != null) {
      answer.setOwn(own.toMessage());
      cadence.told(caller, own.sequence(), loop.now());
    }
    return CompletableFuture.completedFuture(answer.build());
  }

  private void heard(PeerId peer, ProgressWord message) {
    PeerProgress progress;
    try {
      progress = PeerProgress.of(peer, message);
    } catch (IllegalArgumentException e) {
      return;
    }
    Heard before = others.get(peer);
    if (before != null && before.progress().sequence() > progress.sequence()) {
      return;
    }
    if (before == null && others.size() >= PEERS_MAX) {
      return;
    }
    boolean news = before == null || before.progress().sequence() < progress.sequence();
    Instant since = news || before == null ? loop.now() : before.since();
    others.put(peer, new Heard(progress, since, loop.now()));
    if (news) {
      network.remember(peer, progress.addresses());
      listeners.forEach(Runnable::run);
    }
  }

  /** Tells those whose turn it is, and the others when theirs comes. */
  private void tellInTurn() {
    PeerProgress word = own;
    if (word == null || stopped) {
      return;
    }
    Duration every = Cadence.every(others.size());
    Instant now = loop.now();
    tell(peer -> cadence.lacks(peer, word.sequence()) && cadence.due(peer, every, now));
    boolean held =
        others.values().stream()
            .map(Heard::progress)
            .anyMatch(other -> !other.leaving() && cadence.lacks(other.peer(), word.sequence()));
    if (held && !catchingUp) {
      catchingUp = true;
      EventLoop.Timer _ =
          loop.schedule(
              every.dividedBy(2),
              () -> {
                catchingUp = false;
                tellInTurn();
              });
    }
  }

  private void tell(Predicate<PeerId> whom) {
    others.forEach(
        (peer, heard) -> {
          if (!heard.progress().leaving() && whom.test(peer)) {
            tell(peer);
          }
        });
  }

  private void tell(PeerId peer) {
    PeerProgress word = own;
    if (word == null || stopped) {
      return;
    }
    cadence.told(peer, word.sequence(), loop.now());
    // One call at a time per peer; what is said meanwhile follows when it returns.
    if (telling.putIfAbsent(peer, false) != null) {
      telling.put(peer, true);
      return;
    }
    CompletableFuture<ProgressAnswer> _ =
        rpc.call(peer, tell, word.toMessage(), CALL_LIMIT)
            .whenComplete(
                (answer, failure) -> {
                  boolean again = Boolean.TRUE.equals(telling.remove(peer));
                  if (answer != null && answer.hasOwn()) {
                    heard(peer, answer.getOwn());
                  }
                  if (again && failure == null) {
                    tell(peer);
                  }
                });
  }

  /** A peer that said its last word is remembered a little longer: others may leave with it. */
  private void lost(PeerId peer) {
    Heard last = others.get(peer);
    if (last != null && !last.progress().leaving()) {
      others.remove(peer);
      cadence.forget(peer);
      listeners.forEach(Runnable::run);
    }
  }
}
