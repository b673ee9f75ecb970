package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.EventLoop;

/**
 * The last steps of a donor, for those who missed them.
 *
 * <p>The newest is kept as it is, in the memory of its round, and costs nothing until somebody
 * asks. While anybody downloads from this donor, all are kept from then on, packed: whoever takes
 * longer for a state than the swarm for an epoch needs what came after it. They take no more memory
 * than a state, though, and are no more than {@link StateLimits#stepsKept}.
 */
final class Trail {
  private final EventLoop loop;
  private final StateLimits limits;
  private final Executor worker;

  /** Newest first. */
  private final Deque<Entry> entries = new ArrayDeque<>();

  Trail(EventLoop loop, StateLimits limits, Executor worker) {
    this.loop = loop;
    this.limits = limits;
    this.worker = worker;
  }

  /** One step; its average as it is, until it is packed. */
  private final class Entry {
    final long epoch;
    final String from;
    final String to;
    private @Nullable MemorySegment average;
    private final Runnable unused;
    private final long bytes;
    private @Nullable CompletableFuture<Offer> packing;
    private @Nullable Offer offer;

    Entry(Step step, Runnable unused) {
      this.epoch = step.epoch();
      this.from = step.from();
      this.to = step.to();
      this.average = step.average();
      this.bytes = step.average().byteSize();
      this.unused = unused;
    }

    long bytes() {
      Offer packed = offer;
      return packed == null ? bytes : packed.bytes();
    }

    boolean wanted(Instant now) {
      return offer != null && offer.wanted(now);
    }

    CompletableFuture<Offer> pack() {
      CompletableFuture<Offer> begun = packing;
      MemorySegment values = average;
      if (begun == null && values != null) {
        CompletableFuture<Offer> packed = new CompletableFuture<>();
        packing = packed;
        worker.execute(
            () -> {
              MemorySegment bytes = PackedValues.pack(values);
              loop.execute(() -> packed.complete(packed(bytes)));
            });
        return packed;
      }
      return begun == null ? new CompletableFuture<>() : begun;
    }

    private Offer packed(MemorySegment packed) {
      Snapshot snapshot = new Snapshot(epoch + 1, to, List.of(packed), metadata(from));
      Offer made = Offer.ofStep(loop, snapshot, limits.chunkBytes());
      offer = made;
      release();
      return made;
    }

    /** While it is packed its memory must not be written to. */
    void drop() {
      if (packing == null) {
        release();
      }
    }

    private void release() {
      if (average != null) {
        average = null;
        unused.run();
      }
    }
  }

  /** What all who took the step say of it beside its bytes. */
  static byte[] metadata(String from) {
    return ("potluck-step:1 " + from).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Adds the newest step.
   *
   * @param unused called when its average is not looked at any more
   */
  void add(Step step, Runnable unused, boolean wanted, long bytesMax) {
    Entry newest = entries.peekFirst();
    if (newest != null && (newest.epoch + 1 != step.epoch() || !newest.to.equals(step.from()))) {
      clear(); // It leads on from nothing that is here.
    }
    Entry entry = new Entry(step, unused);
    entries.addFirst(entry);
    if (wanted) {
      entries.forEach(
          each -> {
            var _ = each.pack();
          });
    }
    tidy(wanted, bytesMax);
  }

  /**
   * Lets go of what is too much, and of all but the newest when nobody wants them.
   *
   * @param bytesMax that all but the newest may take
   */
  void tidy(boolean wanted, long bytesMax) {
    long bytes = entries.stream().skip(1).mapToLong(Entry::bytes).sum();
    while (entries.size() > 1
        && (!wanted || entries.size() > limits.stepsKept() || bytes > bytesMax)) {
      Entry oldest = entries.removeLast();
      bytes -= oldest.bytes();
      oldest.drop();
    }
  }

  void clear() {
    entries.forEach(Entry::drop);
    entries.clear();
  }

  int size() {
    return entries.size();
  }

  boolean wanted(Instant now) {
    return entries.stream().anyMatch(entry -> entry.wanted(now));
  }

  /** The step that is asked for; empty when it is not here, or leads on from other parameters. */
  Optional<CompletableFuture<Offer>> find(StateManifestRequest request) {
    return entries.stream()
        .filter(
            entry ->
                entry.epoch == request.getNewerThanEpoch()
                    && entry.from.equals(request.getStepFrom()))
        .findFirst()
        .map(Entry::pack);
  }

  Optional<Offer> named(ByteString root) {
    return entries.stream()
        .map(entry -> entry.offer)
        .filter(offer -> offer != null && offer.named(root))
        .findFirst();
  }
}
