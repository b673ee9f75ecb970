package org.potluck.averaging.state;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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
 * sense is not asked again; one that failed otherwise is, but not forever. The download goes on for
 * as long as chunks come: a large state over a slow link takes its time.
 */
final class StateDownload implements Survey.Listener, ChunkFetch.Listener {
  private static final int FAILURES_MAX = 3;

  /** As many are asked what they have at a time; each answer may take megabytes. */
  private static final int ASKED_MAX = 32;

  /** States that are begun and lost: a donor that changes its mind must not keep us for ever. */
  private static final int BEGUN_MAX = 16;

  private final EventLoop loop;
  private final Rpc rpc;
  private final StateManifestRequest request;
  private final StateLimits limits;
  private final Notary notary;
  private final Refusals refusals;
  private final Random random;
  private final @Nullable Path folder;
  private final List<PeerId> donors;
  private final CompletableFuture<Snapshot> result = new CompletableFuture<>();
  private final Map<PeerId, Integer> failures = new LinkedHashMap<>();
  private final Map<PeerId, NetworkException> lastFailures = new LinkedHashMap<>();
  private Instant progressedAt = Instant.MIN;
  private int begun;
  private EventLoop.@Nullable Timer watch;
  private @Nullable Survey survey;
  private @Nullable ChunkFetch fetch;
  private @Nullable Assembly assembly;

  /** Who offered the state that is fetched. */
  private List<PeerId> offering = new ArrayList<>();

  StateDownload(
      EventLoop loop,
      Rpc rpc,
      StateManifestRequest request,
      StateLimits limits,
      Notary notary,
      Refusals refusals,
      Random random,
      @Nullable Path folder,
      List<PeerId> donors) {
    this.loop = loop;
    this.rpc = rpc;
    this.request = request;
    this.limits = limits;
    this.notary = notary;
    this.refusals = refusals;
    this.random = random;
    this.folder = folder;
    this.donors = donors;
  }

  /**
   * @param patience how long no chunk may arrive
   */
  CompletableFuture<Snapshot> start(Duration patience) {
    progressed();
    watch(patience, patience);
    var _ = result.whenComplete((_, _) -> stop());
    ask();
    return result;
  }

  private void watch(Duration patience, Duration left) {
    watch =
        loop.schedule(
            left,
            () -> {
              Duration since = Duration.between(progressedAt, loop.now());
              if (since.compareTo(patience) < 0) {
                watch(patience, patience.minus(since));
              } else if (fetch != null && fetch.allBusy()) {
                fail(Reason.LIMITED, "all donors were busy for " + patience.toSeconds() + " s");
              } else {
                fail(Reason.TIMED_OUT, "nothing has arrived for " + patience.toSeconds() + " s");
              }
            });
  }

  @Override
  public void progressed() {
    progressedAt = loop.now();
  }

  private void ask() {
    if (result.isDone()) {
      return;
    }
    List<PeerId> askable = new ArrayList<>(donors);
    askable.removeIf(donor -> failures.getOrDefault(donor, 0) >= FAILURES_MAX);
    askable.removeIf(donor -> refusals.stands(donor, loop.now()));
    // Everybody would ask the same ones otherwise.
    Collections.shuffle(askable, random);
    Survey next =
        new Survey(
            loop,
            rpc,
            request,
            limits,
            notary,
            refusals,
            askable.subList(0, Math.min(askable.size(), ASKED_MAX)),
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
    asked.refused().forEach(this::note);
    Optional<Manifest> best = asked.best();
    if (best.isPresent()) {
      fetch(best.get(), asked.donors(best.get()));
    } else if (asked.unheard()) {
      askLater();
    } else {
      Reason reason =
          lastFailures.values().stream()
              .map(NetworkException::reason)
              .findFirst()
              .orElse(Reason.UNREACHABLE);
      fail(reason, "no donor has %s".formatted(wanted()));
    }
  }

  private void fetch(Manifest chosen, List<PeerId> from) {
    offering = new ArrayList<>(from);
    Assembly into = assembly;
    if (into != null && into.manifest().root().equals(chosen.root())) {
      fetchInto(into);
      return;
    }
    if (++begun > BEGUN_MAX) {
      fail(Reason.CLOSED, "the donors have moved on " + BEGUN_MAX + " times before it was done");
      return;
    }
    forget(); // Before new room is taken.
    Assembly fresh = Assembly.of(chosen, folder);
    assembly = fresh;
    var _ =
        fresh
            .recover(loop)
            .thenRun(
                () -> {
                  progressed();
                  fetchInto(fresh);
                });
  }

  @SuppressWarnings("ReferenceEquality") // whether it is still this very assembly
  private void fetchInto(Assembly into) {
    if (!result.isDone() && assembly == into) {
      ChunkFetch next = new ChunkFetch(loop, rpc, request.getRun(), limits, into, this);
      fetch = next;
      next.add(offering);
    }
  }

  private void forget() {
    if (assembly != null) {
      assembly.clear();
      assembly = null;
    }
  }

  @Override
  public void foundLate(PeerId donor, Manifest manifest) {
    if (assembly != null
        && assembly.manifest().root().equals(manifest.root())
        && failures.getOrDefault(donor, 0) < FAILURES_MAX) {
      offering.add(donor);
      if (fetch != null) {
        fetch.add(List.of(donor));
      }
    }
  }

  @Override
  public void refusedLate(PeerId donor, NetworkException why) {
    note(donor, why);
  }

  @Override
  public void complete() {
    Assembly whole = assembly;
    if (whole == null) {
      return;
    }
    fetch = null;
    stopSurvey();
    Optional<Snapshot> snapshot = whole.snapshot();
    if (snapshot.isEmpty()) {
      askLater();
      return;
    }
    progressed();
    var _ =
        notary
            .certify(snapshot.get())
            .thenAccept(
                sound -> {
                  progressed();
                  if (sound) {
                    forget();
                    result.complete(snapshot.get());
                  } else {
                    lookWhoIsToBlame(whole);
                  }
                });
  }

  /** Either the donors have announced something false, or this peer's own disk has. */
  private void lookWhoIsToBlame(Assembly whole) {
    var _ =
        whole
            .intact(loop)
            .thenAccept(
                intact -> {
                  progressed();
                  if (intact) {
                    forget();
                    offering.forEach(donor -> failed(donor, notWhatItClaims()));
                  }
                  askLater();
                });
  }

  private NetworkException notWhatItClaims() {
    return new NetworkException(
        Reason.PROTOCOL_VIOLATION,
        request.getStepFrom().isEmpty()
            ? "gave parameters that do not have the digest it claims"
            : "gave a step that is none");
  }

  @Override
  public void exhausted() {
    fetch = null;
    stopSurvey();
    askLater();
  }

  private void askLater() {
    var _ = loop.schedule(limits.retryDelay(), this::ask);
  }

  @Override
  public void failed(PeerId donor, NetworkException why) {
    boolean lied = why.reason() == Reason.PROTOCOL_VIOLATION;
    failures.merge(donor, lied ? FAILURES_MAX : 1, Integer::sum);
    lastFailures.put(donor, why);
    if (lied) {
      notary.accuse(donor, String.valueOf(why.getMessage()));
    } else if (why.reason() == Reason.TIMED_OUT) {
      notary.complain(donor, String.valueOf(why.getMessage()));
    }
  }

  /** A donor gave no manifest: only lies are held against it. */
  private void note(PeerId donor, NetworkException why) {
    if (why.reason() == Reason.PROTOCOL_VIOLATION) {
      failed(donor, why);
    } else {
      lastFailures.put(donor, why);
    }
  }

  private void stopSurvey() {
    if (survey != null) {
      survey.stop();
    }
  }

  private void stop() {
    if (watch != null) {
      watch.cancel();
    }
    stopSurvey();
    if (fetch != null) {
      fetch.stop();
    }
    if (assembly != null) {
      assembly.close();
    }
  }

  private String wanted() {
    long epoch = request.getNewerThanEpoch();
    return request.getStepFrom().isEmpty()
        ? "a state newer than epoch " + epoch
        : "the step from epoch " + epoch;
  }

  /** Fails with everything a person needs to see what to do. */
  private void fail(Reason reason, String what) {
    StringBuilder text = new StringBuilder(wanted()).append(" was not downloaded: ").append(what);
    if (donors.isEmpty()) {
      text.append("; there is no donor to ask");
    }
    if (assembly != null) {
      text.append(
          "; %d of %d chunks of epoch %d had arrived"
              .formatted(assembly.chunksPresent(), assembly.chunks(), assembly.manifest().epoch()));
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
