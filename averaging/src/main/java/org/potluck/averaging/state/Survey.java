package org.potluck.averaging.state;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/** Asks donors what they offer, a few at once. */
final class Survey {
  private final EventLoop loop;
  private final Rpc rpc;
  private final StateManifestRequest request;
  private final StateLimits limits;
  private final Notary notary;
  private final Refusals refusals;
  private final Listener listener;
  private final Queue<PeerId> waiting;
  private final Map<PeerId, Manifest> found = new LinkedHashMap<>();
  private final Map<PeerId, NetworkException> refused = new LinkedHashMap<>();
  private int asked;
  private boolean unheard;
  private boolean settled;
  private boolean stopped;

  Survey(
      EventLoop loop,
      Rpc rpc,
      StateManifestRequest request,
      StateLimits limits,
      Notary notary,
      Refusals refusals,
      List<PeerId> donors,
      Listener listener) {
    this.loop = loop;
    this.rpc = rpc;
    this.request = request;
    this.limits = limits;
    this.notary = notary;
    this.refusals = refusals;
    this.waiting = new ArrayDeque<>(donors);
    this.listener = listener;
  }

  /** Hears of the answers. */
  interface Listener {
    /** Enough is known to choose. */
    void settled();

    /** {@code donor} answered after that. */
    void foundLate(PeerId donor, Manifest manifest);

    /** {@code donor} offers nothing, as is known only now. */
    void refusedLate(PeerId donor, NetworkException why);
  }

  void start() {
    askOn();
  }

  void stop() {
    stopped = true;
    waiting.clear();
  }

  /** The newest state; of several of one epoch that of most donors, then that heard of first. */
  Optional<Manifest> best() {
    Manifest best = null;
    for (Manifest one : found.values()) {
      if (best == null
          || one.epoch() > best.epoch()
          || (one.epoch() == best.epoch() && donors(one).size() > donors(best).size())) {
        best = one;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Who offers exactly this, in the order of the answers. */
  List<PeerId> donors(Manifest manifest) {
    List<PeerId> donors = new ArrayList<>();
    found.forEach(
        (donor, other) -> {
          if (other.root().equals(manifest.root())) {
            donors.add(donor);
          }
        });
    return donors;
  }

  /** Why each of the others offers nothing. */
  Map<PeerId, NetworkException> refused() {
    return refused;
  }

  /** Whether somebody offers what the others cannot have told of yet. */
  boolean unheard() {
    return unheard;
  }

  private void askOn() {
    while (asked < limits.surveysMax() && !waiting.isEmpty()) {
      PeerId donor = waiting.remove();
      asked++;
      var _ =
          rpc.call(donor, StateMethods.MANIFEST, request, limits.surveyLimit())
              .whenComplete(
                  (answer, trouble) -> {
                    asked--;
                    if (!stopped) {
                      if (trouble == null) {
                        answered(donor, answer);
                      } else {
                        refuse(donor, Troubles.of(trouble));
                      }
                      askOn();
                    }
                  });
    }
    if (asked == 0 && waiting.isEmpty()) {
      settle();
    }
  }

  private void answered(PeerId donor, StateManifestMessage answer) {
    try {
      if (refusals.heard(donor, answer, loop.now())) {
        throw new NetworkException(Reason.REMOTE_ERROR, "has banned this peer");
      }
      if (!answer.getAvailable() || answer.getEpoch() <= request.getNewerThanEpoch()) {
        throw new NetworkException(
            Reason.REMOTE_ERROR, "has nothing newer than epoch " + request.getNewerThanEpoch());
      }
      Manifest manifest = Manifest.read(answer, limits.bytesMax());
      switch (notary.testimony(manifest.epoch(), manifest.digest())) {
        case CONFIRMED -> {}
        case UNHEARD -> {
          unheard = true;
          throw new NetworkException(
              Reason.REMOTE_ERROR,
              "has a state of epoch %d, which nobody has told of yet".formatted(manifest.epoch()));
        }
        case DENIED ->
            throw new NetworkException(
                Reason.PROTOCOL_VIOLATION,
                "offers another state of epoch %d than most have".formatted(manifest.epoch()));
      }
      found.put(donor, manifest);
      if (settled) {
        listener.foundLate(donor, manifest);
      } else if (found.size() == 1) {
        Duration patience = limits.settleLimit();
        var _ = loop.schedule(patience, this::settle);
      }
    } catch (NetworkException e) {
      refuse(donor, e);
    }
  }

  private void refuse(PeerId donor, NetworkException why) {
    refused.put(donor, why);
    if (settled) {
      listener.refusedLate(donor, why);
    }
  }

  private void settle() {
    if (!settled && !stopped) {
      settled = true;
      listener.settled();
    }
  }
}
