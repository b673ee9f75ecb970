package org.potluck.averaging.state;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/** Downloads the state of a run. All methods are called on the loop. */
public final class StateClient {
  /** The libp2p protocol over which chunks come. */
  public static final String CHUNK_PROTOCOL = "/potluck/state-chunks/1";

  private final EventLoop loop;
  private final Rpc rpc;
  private final String run;
  private final StateLimits limits;
  private final Notary notary;
  private final RandomGenerator random;
  private final @Nullable Path folder;
  private final Executor worker;
  private final Refusals refusals = new Refusals();

  /** Whether something may lie in the folder: looking every epoch would be for nothing, mostly. */
  private boolean kept = true;

  /** With all work on the loop, and chunks in memory: a download that is stopped begins anew. */
  public StateClient(
      EventLoop loop,
      Rpc rpc,
      String run,
      StateLimits limits,
      Notary notary,
      RandomGenerator random) {
    this(loop, rpc, run, limits, notary, random, null, Runnable::run);
  }

  /**
   * @param random chooses who is asked first
   * @param folder where chunks are kept until all are there, for a process that is started again;
   *     nobody else uses it meanwhile. At most one state lies in it. Null for memory
   * @param worker unpacks steps
   */
  public StateClient(
      EventLoop loop,
      Rpc rpc,
      String run,
      StateLimits limits,
      Notary notary,
      RandomGenerator random,
      @Nullable Path folder,
      Executor worker) {
    this.loop = loop;
    this.rpc = rpc;
    this.run = run;
    this.limits = limits;
    this.notary = notary;
    this.random = random;
    this.folder = folder;
    this.worker = worker;
  }

  /** This peer is at {@code epoch}: what is kept of a state that is no newer is of no use. */
  public void outgrow(long epoch) {
    if (folder != null && kept && FileChunks.savedEpoch(folder) <= epoch) {
      FileChunks.clear(folder);
      kept = false;
    }
  }

  /**
   * Why none of {@code donors} is to be asked for anything just now; empty where one is, also for
   * the first time. A download from them would fail at once.
   *
   * @param others all other peers, the donors included
   */
  public Optional<Barred> barred(List<PeerId> donors, List<PeerId> others) {
    return refusals.barred(donors, others, loop.now());
  }

  /**
   * Downloads the newest state that the donors have. Those who have banned this peer are not asked
   * again before they said.
   *
   * @param donors who might have it, without this peer itself
   * @param newerThanEpoch what this peer has already; -1 takes everything
   * @param patience how long nothing may arrive before it is given up, however long all of it takes
   * @return fails with a {@link NetworkException}; cancelling it ends the download
   */
  public CompletableFuture<Snapshot> download(
      List<PeerId> donors, long newerThanEpoch, Duration patience) {
    kept = true;
    StateManifestRequest request =
        StateManifestRequest.newBuilder().setRun(run).setNewerThanEpoch(newerThanEpoch).build();
    return new StateDownload(
            loop,
            rpc,
            request,
            limits,
            notary,
            refusals,
            Random.from(random),
            folder,
            List.copyOf(new LinkedHashSet<>(donors)))
        .start(patience);
  }

  /**
   * Downloads the step that others took from parameters that this peer has.
   *
   * @param donors who might have it, without this peer itself
   * @param epoch of the parameters
   * @param from their digest
   * @param values length of the average
   * @param patience how long nothing may arrive before it is given up
   * @return fails with a {@link NetworkException}, soon where nobody has that step; cancelling it
   *     ends the download. Whether the step leads to where it claims shows once it is taken
   */
  public CompletableFuture<Step> step(
      List<PeerId> donors, long epoch, String from, long values, Duration patience) {
    StateManifestRequest request =
        StateManifestRequest.newBuilder()
            .setRun(run)
            .setNewerThanEpoch(epoch)
            .setStepFrom(from)
            .build();
    StepNotary checks = new StepNotary(notary, epoch, from, values, loop, worker);
    StateDownload download =
        new StateDownload(
            loop,
            rpc,
            request,
            limits.forStep(PackedValues.bytesMax(values)),
            checks,
            refusals,
            Random.from(random),
            null,
            List.copyOf(new LinkedHashSet<>(donors)));
    CompletableFuture<Snapshot> packed = download.start(patience);
    CompletableFuture<Step> step = packed.thenApply(checks::step);
    var _ =
        step.whenComplete(
            (_, _) -> {
              boolean _ = packed.cancel(false);
            });
    return step;
  }
}
