package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/**
 * Fetches the chunks of one state from everybody who has it.
 *
 * <p>Every donor is asked for a few chunks at a time, so that a fast one gives more. A donor that
 * fails or no longer has the state is let go and its chunks go back to the front of the queue; one
 * that is busy is asked again when it said. At the end, donors with nothing left to do are asked
 * for what others are slow to send, so that the slowest does not decide when the download is done.
 */
final class ChunkFetch {
  private static final int FAILURES_MAX = 2;

  private final EventLoop loop;
  private final Rpc rpc;
  private final String run;
  private final StateLimits limits;
  private final Assembly assembly;
  private final Listener listener;
  private final Deque<Integer> missing = new ArrayDeque<>();
  private final Map<PeerId, Source> sources = new LinkedHashMap<>();

  /** Donors beyond those that are asked at a time. */
  private final Deque<PeerId> spare = new ArrayDeque<>();

  /** How many donors are asked for each chunk under way, in the order in which that began. */
  private final Map<Integer, Integer> underWay = new LinkedHashMap<>();

  private boolean over;

  ChunkFetch(
      EventLoop loop,
      Rpc rpc,
      String run,
      StateLimits limits,
      Assembly assembly,
      Listener listener) {
    this.loop = loop;
    this.rpc = rpc;
    this.run = run;
    this.limits = limits;
    this.assembly = assembly;
    this.listener = listener;
    missing.addAll(assembly.missing());
  }

  /** Hears how it goes. */
  interface Listener {
    /** Something has come. */
    void progressed();

    /** All chunks are there. */
    void complete();

    /** Nobody is left who has the state. */
    void exhausted();

    /** {@code donor} is of no more use here, by its fault. */
    void failed(PeerId donor, NetworkException why);
  }

  /** A donor, and what is asked of it. */
  private final class Source implements ChunkStream.Listener {
    final PeerId donor;
    int failures;
    boolean resting;
    @Nullable ChunkStream stream;

    Source(PeerId donor) {
      this.donor = donor;
    }

    boolean free() {
      return !resting && owed() < limits.chunksInFlight();
    }

    int owed() {
      return stream == null ? 0 : stream.owed();
    }

    void ask(int index) {
      underWay.merge(index, 1, Integer::sum);
      ChunkStream open = stream;
      if (open == null) {
        open = new ChunkStream(loop, rpc, donor, run, limits, assembly.manifest(), this);
        stream = open;
        open.open();
      }
      open.ask(index);
    }

    void stop() {
      if (stream != null) {
        stream.cancel();
        stream = null;
      }
    }

    @Override
    public void comes() {
      listener.progressed();
    }

    @Override
    public void arrived(int index, ByteString data) {
      failures = 0;
      handedIn(index);
      if (!assembly.has(index)) {
        assembly.put(index, data);
        listener.progressed();
      }
      fetchOn();
    }

    @Override
    public void ended(List<Integer> owed, Setback setback) {
      stream = null;
      // The first one owed goes to the front of the queue last, and is asked for next.
      for (int i = owed.size() - 1; i >= 0; i--) {
        missed(owed.get(i));
      }
      switch (setback) {
        case Setback.Busy busy -> rest(this, busy.pause());
        case Setback.Gone() -> sources.remove(donor, this);
        case Setback.Failed failed -> troubled(this, failed.why());
        case Setback.Idle() -> {}
      }
      // Later, for a stream may fail at once, and the next one too.
      loop.execute(ChunkFetch.this::fetchOn);
    }
  }

  void add(List<PeerId> donors) {
    for (PeerId donor : donors) {
      if (!sources.containsKey(donor) && !spare.contains(donor)) {
        spare.add(donor);
      }
    }
    fetchOn();
  }

  /** Whether all donors have answered that they are busy. */
  boolean allBusy() {
    return !sources.isEmpty() && sources.values().stream().allMatch(source -> source.resting);
  }

  /** Ends the fetch, and tells donors that their place is free. */
  void stop() {
    if (!over) {
      over = true;
      sources.values().forEach(Source::stop);
    }
  }

  private void fetchOn() {
    if (over) {
      return;
    }
    if (assembly.complete()) {
      stop();
      listener.complete();
      return;
    }
    if (missing.isEmpty() && underWay.isEmpty()) {
      missing.addAll(assembly.missing()); // A disk that failed has taken some with it.
    }
    callSpare();
    if (sources.isEmpty()) {
      stop();
      listener.exhausted();
      return;
    }
    // One chunk to each in turn, so that a few chunks are not all asked of the first donor.
    boolean asked = true;
    while (asked && !missing.isEmpty()) {
      asked = false;
      for (Source source : new ArrayList<>(sources.values())) {
        if (source.free() && !missing.isEmpty()) {
          source.ask(missing.removeFirst());
          asked = true;
        }
      }
    }
    if (missing.isEmpty()) {
      askAgain();
    }
  }

  /** Who is busy does not count: others may have room. */
  private void callSpare() {
    long active = sources.values().stream().filter(source -> !source.resting).count();
    while (active < limits.sourcesMax() && !spare.isEmpty()) {
      PeerId donor = spare.remove();
      sources.put(donor, new Source(donor));
      active++;
    }
  }

  private void askAgain() {
    for (Source source : new ArrayList<>(sources.values())) {
      if (source.owed() == 0 && !source.resting) {
        OptionalInt chunk = leastAsked();
        if (chunk.isPresent()) {
          source.ask(chunk.getAsInt());
        }
      }
    }
  }

  /** Of the chunks under way the one that fewest donors owe, of several the oldest. */
  private OptionalInt leastAsked() {
    int least = Integer.MAX_VALUE;
    OptionalInt found = OptionalInt.empty();
    for (Map.Entry<Integer, Integer> chunk : underWay.entrySet()) {
      if (chunk.getValue() < least && !assembly.has(chunk.getKey())) {
        least = chunk.getValue();
        found = OptionalInt.of(chunk.getKey());
      }
    }
    return found;
  }

  private void handedIn(int index) {
    underWay.computeIfPresent(index, (_, asked) -> asked == 1 ? null : asked - 1);
  }

  /** Puts a chunk back that was not delivered, unless another donor did or still may. */
  private void missed(int index) {
    handedIn(index);
    if (!assembly.has(index) && !underWay.containsKey(index)) {
      missing.addFirst(index);
    }
  }

  private void troubled(Source source, NetworkException why) {
    if (why.reason() == Reason.LIMITED) {
      rest(source, limits.retryDelay());
    } else if (++source.failures >= FAILURES_MAX
        || why.reason() == Reason.UNREACHABLE
        || why.reason() == Reason.PROTOCOL_VIOLATION
        || why.reason() == Reason.TIMED_OUT) {
      if (sources.remove(source.donor, source)) {
        listener.failed(source.donor, why);
      }
    }
  }

  private void rest(Source source, Duration wait) {
    if (!source.resting) {
      source.resting = true;
      var _ =
          loop.schedule(
              wait,
              () -> {
                source.resting = false;
                fetchOn();
              });
    }
  }
}
