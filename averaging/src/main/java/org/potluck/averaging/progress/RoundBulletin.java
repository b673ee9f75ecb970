package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.OwnLink;
import org.potluck.dht.Dht;
import org.potluck.network.EventLoop;

/**
 * Where peers post what became of their rounds, for those who look on. Each peer has one signed
 * entry in the DHT that holds its newest rounds, so that whoever reads now and then misses none.
 *
 * <p>Posted at most every few seconds: nobody's training waits for it. Runs on the peer's loop.
 */
public final class RoundBulletin {
  private static final Duration POST_EVERY = Duration.ofSeconds(2);
  private static final Duration LIFE = Duration.ofMinutes(10);

  private final EventLoop loop;
  private final Dht dht;
  private final String key;
  private final Supplier<OwnLink> link;
  private final Deque<RoundNote> newest = new ArrayDeque<>();
  private @Nullable Instant posted;
  private boolean planned;

  /**
   * @param link asked whenever something is posted
   */
  public RoundBulletin(EventLoop loop, Dht dht, String run, Supplier<OwnLink> link) {
    this.loop = loop;
    this.dht = dht;
    this.key = key(run);
    this.link = link;
    demandSoundNotes(dht, run);
  }

  /** Tells this node of the DHT to keep no notes that cannot be true. */
  public static void demandSoundNotes(Dht dht, String run) {
    dht.require(key(run), value -> RoundNotes.decode(value).isPresent());
  }

  /** What peers post about {@code run}; whoever reads it decodes with {@link RoundNotes}. */
  public static CompletableFuture<List<Dht.Entry>> read(Dht dht, String run) {
    return dht.entries(key(run));
  }

  /** Something to tell. */
  public void add(RoundNote note) {
    newest.addFirst(note);
    if (newest.size() > RoundNotes.ROUNDS_MAX) {
      newest.removeLast();
    }
    Instant last = posted;
    Duration wait =
        last == null ? Duration.ZERO : POST_EVERY.minus(Duration.between(last, loop.now()));
    if (!planned) {
      planned = true;
      EventLoop.Timer _ = loop.schedule(wait.isNegative() ? Duration.ZERO : wait, this::post);
    }
  }

  private void post() {
    planned = false;
    posted = loop.now();
    OwnLink own = link.get();
    RoundNotes notes =
        new RoundNotes(
            own.upload().bytesPerSecond(), own.download().bytesPerSecond(), List.copyOf(newest));
    CompletableFuture<Integer> _ = dht.publish(key, notes.encode(), loop.now().plus(LIFE));
  }

  private static String key(String run) {
    return run + ".rounds";
  }
}
