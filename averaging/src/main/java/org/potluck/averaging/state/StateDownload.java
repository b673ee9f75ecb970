package org.potluck.averaging.state;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/**
 * One download: asks around, fetches what was chosen, and asks around again when nobody has that
 * any more.
 *
 * <p>Chunks already fetched stay when the same state is chosen again. A donor whose bytes made no
 * sense is not asked again; one that failed otherwise is, but not forever.
 */
final class StateDownload implements Survey.Listener, ChunkFetch.Listener {
  private static final int FAILURES_MAX = 3;

  private final EventLoop loop;
  private final Rpc rpc;
  private final String run;
  private final StateLimits limits;
  private final List<PeerId> donors;
  private final long newerThanEpoch;
  private final CompletableFuture<Snapshot> result = new CompletableFuture<>();
  private final Map<PeerId, Integer> failures = new LinkedHashMap<>();
  private final Map<PeerId, NetworkException> lastFailures = new LinkedHashMap<>();
  private @Nullable Survey survey;
  private @Nullable ChunkFetch fetch;
  private @Nullable Assembly assembly;

  StateDownload(
      EventLoop loop,
      Rpc rpc,
      String run,
      StateLimits limits,
      List<PeerId> donors,
      long newerThanEpoch) {
    this.loop = loop;
    this.rpc = rpc;
    this.run = run;
    this.limits = limits;
    this.donors = donors;
    this.newerThanEpoch = newerThanEpoch;
  }

  CompletableFuture<Snapshot> start(Duration limit) {
    EventLoop.Timer timer =
        loop.schedule(limit, () -> fail(Reason.TIMED_OUT, "not done in " + limit));
    var _ =
        result.whenComplete(
            (_, _) -> {
              timer.cancel();
              stop();
            });
    ask();
    return result;
  }

  private void ask() {
    if (result.isDone()) {
      return;
    }
    List<PeerId> askable =
        donors.stream().filter(donor -> failures.getOrDefault(donor, 0) < FAILURES_MAX).toList();
    Survey next =
        new Survey(
            loop,
            rpc,
            StateManifestRequest.newBuilder().setRun(run).setNewerThanEpoch(newerThanEpoch).build(),
            limits,
            askable,
            this);
    survey = next;
    next.start();
  }

  @Override
  public void settled() {
    Survey asked = survey;
    if (asked == null || result.isDone()) {
      return;
    }
    lastFailures.putAll(asked.refused());
    Optional<Manifest> best = asked.best();
    if (best.isEmpty()) {
      Reason reason =
          lastFailures.values().stream()
              .map(NetworkException::reason)
              .findFirst()
              .orElse(Reason.UNREACHABLE);
      fail(reason, "no donor has a state newer than epoch " + newerThanEpoch);
      return;
    }
    Manifest chosen = best.get();
    Assembly begun = assembly;
    if (begun == null || !begun.manifest().root().equals(chosen.root())) {
      assembly = null; // Lets go of the former memory before new memory is taken.
      begun = new Assembly(chosen);
      assembly = begun;
    }
    ChunkFetch next = new ChunkFetch(loop, rpc, run, limits, begun, this);
    fetch = next;
    next.add(asked.donors(chosen));
  }

  @Override
  public void foundLate(PeerId donor, Manifest manifest) {
    if (fetch != null
        && assembly != null
        && assembly.manifest().root().equals(manifest.root())
        && failures.getOrDefault(donor, 0) < FAILURES_MAX) {
      fetch.add(List.of(donor));
    }
  }

  @Override
  public void complete() {
    Assembly whole = assembly;
    if (whole != null) {
      result.complete(whole.snapshot());
    }
  }

  @Override
  public void exhausted() {
    fetch = null;
    if (survey != null) {
      survey.stop();
    }
    var _ = loop.schedule(limits.retryDelay(), this::ask);
  }

  @Override
  public void failed(PeerId donor, NetworkException why) {
    int weight = why.reason() == Reason.PROTOCOL_VIOLATION ? FAILURES_MAX : 1;
    failures.merge(donor, weight, Integer::sum);
    lastFailures.put(donor, why);
  }

  private void stop() {
    if (survey != null) {
      survey.stop();
    }
    if (fetch != null) {
      fetch.stop();
    }
  }

  /** Fails with everything a person needs to see what to do. */
  private void fail(Reason reason, String what) {
    StringBuilder text =
        new StringBuilder("the state of the run was not downloaded: ").append(what);
    if (donors.isEmpty()) {
      text.append("; there is no donor to ask");
    }
    if (assembly != null) {
      text.append(
          "; %d of %d chunks of epoch %d had arrived"
              .formatted(assembly.chunksPresent(), assembly.chunks(), assembly.manifest().epoch()));
    }
    if (fetch != null && fetch.resting() > 0) {
      text.append("; busy donors: ").append(fetch.resting());
    }
    lastFailures.entrySet().stream()
        .limit(5)
        .forEach(
            entry ->
                text.append("; peer ")
                    .append(entry.getKey())
                    .append(": ")
                    .append(entry.getValue().getMessage()));
    result.completeExceptionally(new NetworkException(reason, text.toString()));
  }
}
