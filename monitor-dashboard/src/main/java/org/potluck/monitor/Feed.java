package org.potluck.monitor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the open pages are told, in order, with ids to resume by.
 *
 * <p>The naive answer, a growing buffer per reader, lets one sleeping laptop eat the program's
 * memory. Here each reader has a queue of at most {@link #QUEUED_MAX} frames and {@link #BYTES_MAX}
 * bytes, and one that falls behind is dropped; it comes back with the id of the last frame it saw
 * and is given what it missed from a ring of the same size, or is told to start over. Ids carry the
 * instant at which this program started, so an id of an earlier life is recognised.
 */
public final class Feed {
  static final int QUEUED_MAX = 256;
  static final long BYTES_MAX = 4L << 20;
  static final int READERS_MAX = 64;

  /** One event; {@code json} is a single line. */
  public record Frame(String id, long number, String type, String json) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final String life;
  private final ArrayDeque<Frame> ring = new ArrayDeque<>();
  private final Set<Reader> readers = new LinkedHashSet<>();
  private long ringBytes;
  private long last;
  private long dropped;
  private boolean closed;

  Feed(long life) {
    this.life = Long.toString(life, 36);
  }

  /** Tells everyone. */
  void publish(String type, String json) {
    lock.lock();
    try {
      Frame frame = new Frame(life + "-" + ++last, last, type, json);
      ring.add(frame);
      ringBytes += json.length();
      while (ring.size() > QUEUED_MAX || ringBytes > BYTES_MAX) {
        ringBytes -= ring.remove().json().length();
      }
      for (Reader reader : new ArrayList<>(readers)) {
        if (!reader.offer(frame)) {
          dropped++;
          reader.end();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** The id of the newest frame, to be sent along with a snapshot. */
  public String lastId() {
    lock.lock();
    try {
      return life + "-" + last;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A new reader, first given what came after {@code lastId}; empty when there are too many. When
   * that cannot be told any more the first frame is {@code reset}: fetch the whole state again.
   */
  public Optional<Reader> subscribe(@Nullable String lastId) {
    lock.lock();
    try {
      if (closed || readers.size() >= READERS_MAX) {
        return Optional.empty();
      }
      Reader reader = new Reader();
      missedSince(lastId).forEach(reader::offer);
      readers.add(reader);
      return Optional.of(reader);
    } finally {
      lock.unlock();
    }
  }

  int readers() {
    lock.lock();
    try {
      return readers.size();
    } finally {
      lock.unlock();
    }
  }

  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      new ArrayList<>(readers).forEach(Reader::end);
    } finally {
      lock.unlock();
    }
  }

  private List<Frame> missedSince(@Nullable String lastId) {
    if (lastId == null || lastId.isEmpty()) {
      return List.of();
    }
    long oldest = ring.isEmpty() ? last + 1 : ring.element().number();
    long seen = number(lastId);
    if (seen < 0 || seen > last || seen + 1 < oldest) {
      return List.of(new Frame(life + "-" + last, last, "reset", "{}"));
    }
    return ring.stream().filter(frame -> frame.number() > seen).toList();
  }

  /** The number in an id of this life, or -1. */
  private long number(String id) {
    if (!id.startsWith(life + "-") || id.length() > life.length() + 19) {
      return -1;
    }
    try {
      return Long.parseLong(id.substring(life.length() + 1));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** One open page's place in the feed. */
  public final class Reader implements AutoCloseable {
    private final ArrayDeque<Frame> queue = new ArrayDeque<>();
    private final Condition changed = lock.newCondition();
    private long bytes;
    private boolean ended;

    private boolean offer(Frame frame) {
      if (queue.size() >= QUEUED_MAX
          || (bytes + frame.json().length() > BYTES_MAX && !queue.isEmpty())) {
        return false;
      }
      queue.add(frame);
      bytes += frame.json().length();
      changed.signal();
      return true;
    }

    /** The next frame, or empty when none came in time or the feed has ended. */
    public Optional<Frame> await(long millis) throws InterruptedException {
      lock.lock();
      try {
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        while (queue.isEmpty() && !ended && left > 0) {
          left = changed.awaitNanos(left);
        }
        Frame frame = queue.poll();
        if (frame != null) {
          bytes -= frame.json().length();
        }
        return Optional.ofNullable(frame);
      } finally {
        lock.unlock();
      }
    }

    /** Whether this reader fell behind or the dashboard closed. */
    public boolean ended() {
      lock.lock();
      try {
        return ended;
      } finally {
        lock.unlock();
      }
    }

    private void end() {
      ended = true;
      queue.clear();
      bytes = 0;
      readers.remove(this);
      changed.signal();
    }

    @Override
    public void close() {
      lock.lock();
      try {
        end();
      } finally {
        lock.unlock();
      }
    }
  }
}
