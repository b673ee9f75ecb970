package org.potluck.averaging.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
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
 * that is busy rests for a while. At the end, donors with nothing left to do are asked once more
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
    for (int i = 0; i < assembly.chunks(); i++) {
      if (!assembly.has(i)) {
        missing.add(i);
      }
    }
  }

  /** Hears how it goes. */
  interface Listener {
    /** All chunks are there. */
    void complete();

    /** Nobody is left who has the state. */
    void exhausted();

    /** {@code donor} is of no more use here, by its fault. */
    void failed(PeerId donor, NetworkException why);
  }

  /** A donor, and what is asked of it. */
  private static final class Source {
    int inFlight;
    int failures;
    boolean resting;
  }

  void add(List<PeerId> donors) {
    for (PeerId donor : donors) {
      sources.putIfAbsent(donor, new Source());
    }
    fetchOn();
  }

  /** Donors that answered that they are busy. */
  long resting() {
    return sources.values().stream().filter(source -> source.resting).count();
  }

  /** Ends the fetch, and tells donors that their place is free. */
  void stop() {
    if (over) {
      return;
    }
    over = true;
    StateChunkRequest done = StateChunkRequest.newBuilder().setRun(run).setDone(true).build();
    for (PeerId donor : sources.keySet()) {
      var _ = rpc.call(donor, StateMethods.CHUNK, done, limits.chunkLimit());
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
    if (sources.isEmpty()) {
      stop();
      listener.exhausted();
      return;
    }
    // One chunk to each in turn, so that a few chunks are not all asked of the first donor.
    boolean asked = true;
    while (asked && !missing.isEmpty()) {
      asked = false;
      for (Map.Entry<PeerId, Source> entry : new ArrayList<>(sources.entrySet())) {
        Source source = entry.getValue();
        if (!source.resting && source.inFlight < limits.chunksInFlight() && !missing.isEmpty()) {
          ask(entry.getKey(), source, missing.removeFirst());
          asked = true;
        }
      }
    }
    if (missing.isEmpty()) {
      askAgain();
    }
  }

  private void askAgain() {
    for (Map.Entry<PeerId, Source> entry : new ArrayList<>(sources.entrySet())) {
      Source source = entry.getValue();
      if (source.inFlight == 0 && !source.resting) {
        for (Map.Entry<Integer, Integer> chunk : underWay.entrySet()) {
          if (chunk.getValue() == 1 && !assembly.has(chunk.getKey())) {
            ask(entry.getKey(), source, chunk.getKey());
            break;
          }
        }
      }
    }
  }

  /** Puts a chunk back that was not delivered, unless another donor did or still may. */
  private void missed(int index) {
    if (!assembly.has(index) && !underWay.containsKey(index)) {
      missing.addFirst(index);
    }
  }

  private void ask(PeerId donor, Source source, int index) {
    source.inFlight++;
    underWay.merge(index, 1, Integer::sum);
    StateChunkRequest request =
        StateChunkRequest.newBuilder()
            .setRun(run)
            .setRoot(assembly.manifest().root())
            .setIndex(index)
            .build();
    var _ =
        rpc.call(donor, StateMethods.CHUNK, request, limits.chunkLimit())
            .whenComplete(
                (answer, trouble) -> {
                  source.inFlight--;
                  underWay.computeIfPresent(index, (_, asked) -> asked == 1 ? null : asked - 1);
                  if (over) {
                    return;
                  }
                  if (trouble == null) {
                    answered(donor, source, index, answer);
                  } else {
                    missed(index);
                    troubled(donor, source, Troubles.of(trouble));
                  }
                  // Later, for a call may fail at once, and the next one too.
                  loop.execute(this::fetchOn);
                });
  }

  private void answered(PeerId donor, Source source, int index, StateChunkMessage answer) {
    switch (answer.getStatus()) {
      case OK -> {
        if (assembly.manifest().vouchesFor(index, answer.getData())) {
          source.failures = 0;
          if (!assembly.has(index)) {
            assembly.put(index, answer.getData());
          }
        } else {
          missed(index);
          letGo(
              donor,
              source,
              new NetworkException(
                  Reason.PROTOCOL_VIOLATION, "sent a chunk that does not match its manifest"));
        }
      }
      case BUSY -> {
        missed(index);
        rest(source);
      }
      case GONE -> {
        missed(index);
        sources.remove(donor, source);
      }
      case UNRECOGNIZED -> {
        missed(index);
        letGo(donor, source, new NetworkException(Reason.PROTOCOL_VIOLATION, "unknown answer"));
      }
    }
  }

  private void troubled(PeerId donor, Source source, NetworkException why) {
    if (why.reason() == Reason.LIMITED) {
      rest(source);
    } else if (++source.failures >= FAILURES_MAX || why.reason() == Reason.UNREACHABLE) {
      letGo(donor, source, why);
    }
  }

  private void letGo(PeerId donor, Source source, NetworkException why) {
    if (sources.remove(donor, source)) {
      listener.failed(donor, why);
    }
  }

  private void rest(Source source) {
    if (!source.resting) {
      source.resting = true;
      var _ =
          loop.schedule(
              limits.retryDelay(),
              () -> {
                source.resting = false;
                fetchOn();
              });
    }
  }
}
