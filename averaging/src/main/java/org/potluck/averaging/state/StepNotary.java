package org.potluck.averaging.state;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * What can be known of a step before it is taken: whether it is one, and whether peers say that its
 * parameters are not those of its epoch. The swarm may have left that epoch long ago, and then
 * nobody says anything; where it leads shows once it is taken.
 */
final class StepNotary implements Notary {
  private final Notary notary;
  private final long epoch;
  private final String from;
  private final long values;
  private final EventLoop loop;
  private final Executor worker;
  private @Nullable MemorySegment average;

  /**
   * @param values how many the average has to have
   * @param worker unpacks it
   */
  StepNotary(Notary notary, long epoch, String from, long values, EventLoop loop, Executor worker) {
    this.notary = notary;
    this.epoch = epoch;
    this.from = from;
    this.values = values;
    this.loop = loop;
    this.worker = worker;
  }

  @Override
  public Testimony testimony(long reached, String digest) {
    return reached == epoch + 1 && notary.testimony(reached, digest) != Testimony.DENIED
        ? Testimony.CONFIRMED
        : Testimony.DENIED;
  }

  @Override
  public CompletableFuture<Boolean> certify(Snapshot snapshot) {
    CompletableFuture<Boolean> certain = new CompletableFuture<>();
    boolean formed =
        snapshot.vectors().size() == 1 && Arrays.equals(snapshot.metadata(), Trail.metadata(from));
    if (!formed) {
      certain.complete(false);
      return certain;
    }
    worker.execute(
        () -> {
          @Nullable MemorySegment unpacked = unpack(snapshot.vectors().getFirst());
          loop.execute(
              () -> {
                average = unpacked;
                certain.complete(unpacked != null);
              });
        });
    return certain;
  }

  private @Nullable MemorySegment unpack(MemorySegment packed) {
    try {
      return PackedValues.unpack(packed, values);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The step that {@code snapshot} was certified to be. */
  Step step(Snapshot snapshot) {
    MemorySegment unpacked = average;
    if (unpacked == null) {
      throw new IllegalStateException("not certified");
    }
    return new Step(epoch, from, snapshot.digest(), unpacked);
  }

  @Override
  public void accuse(PeerId donor, String deed) {
    notary.accuse(donor, deed);
  }

  @Override
  public void complain(PeerId donor, String deed) {
    notary.complain(donor, deed);
  }
}
