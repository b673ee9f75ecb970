package org.potluck.peer.run;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.StringValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.UnaryMethod;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.manifest.SignedManifest;

/**
 * Hands out the run's signed manifest and gets it from others: every peer has one, and the run id
 * in the invitation is the hash that proves it.
 */
final class ManifestShelf {
  private static final UnaryMethod<StringValue, BytesValue> FETCH =
      new UnaryMethod<>(
          "Potluck.rpc_manifest",
          StringValue.parser(),
          BytesValue.parser(),
          SignedManifest.BYTES_MAX + 1024);

  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private ManifestShelf() {}

  static void serve(Node node, SignedManifest manifest) {
    String run = manifest.runId();
    BytesValue answer = BytesValue.of(ByteString.copyFrom(manifest.toBytes()));
    node.execute(
        () ->
            node.rpc()
                .serve(
                    FETCH,
                    (caller, request) ->
                        request.getValue().equals(run)
                            ? CompletableFuture.completedFuture(answer)
                            : CompletableFuture.failedFuture(
                                new IllegalArgumentException("this peer is of another run"))));
  }

  /**
   * Asks the invitation's peers one after another, each at all of its addresses; where none has the
   * manifest, those met earlier. What went wrong with these is not told: nobody was promised them.
   */
  static SignedManifest fetch(Node node, Invitation invitation, List<Multiaddr> earlier)
      throws UserException {
    List<String> troubles = new ArrayList<>();
    Optional<SignedManifest> found = ask(node, invitation.runId(), invitation.peers(), troubles);
    if (found.isEmpty()) {
      found = ask(node, invitation.runId(), earlier, new ArrayList<>());
    }
    return found.orElseThrow(
        () -> new UserException(ExitCode.UNREACHABLE, String.join("; ", troubles)));
  }

  private static Optional<SignedManifest> ask(
      Node node, String run, List<Multiaddr> known, List<String> troubles) {
    Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
    for (Multiaddr address : known) {
      address
          .peer()
          .ifPresent(peer -> peers.computeIfAbsent(peer, _ -> new ArrayList<>()).add(address));
    }
    for (Map.Entry<PeerId, List<Multiaddr>> entry : peers.entrySet()) {
      PeerId peer = entry.getKey();
      try {
        BytesValue answer =
            node.await(
                () -> {
                  node.network().remember(peer, entry.getValue());
                  return node.rpc().call(peer, FETCH, StringValue.of(run), CALL_LIMIT);
                },
                CALL_LIMIT.plusSeconds(1));
        SignedManifest manifest = SignedManifest.parse(answer.getValue().toByteArray());
        if (manifest.runId().equals(run)) {
          return Optional.of(manifest);
        }
        troubles.add(peer.shortName() + " sent the manifest of another run");
      } catch (NetworkException e) {
        troubles.add(explain(peer, entry.getValue(), e));
      } catch (ManifestException e) {
        troubles.add(peer.shortName() + " sent a manifest that cannot be used: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private static String explain(PeerId peer, List<Multiaddr> addresses, NetworkException e) {
    String where =
        addresses.stream()
            .map(address -> address.withoutPeer().toString())
            .collect(Collectors.joining(", "));
    return switch (e.reason()) {
      case WRONG_PEER ->
          "another peer than the invited %s answers at %s: ask for a newer invitation"
              .formatted(peer.shortName(), where);
      case REMOTE_ERROR ->
          "%s at %s takes no part in this run: the invitation was damaged, or is of an older run"
              .formatted(peer.shortName(), where);
      default ->
          "cannot reach %s at %s (%s): check that the run is still going and that its port is open, or ask for a newer invitation"
              .formatted(peer.shortName(), where, reason(e));
    };
  }

  private static String reason(NetworkException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.reason()) {
      case TIMED_OUT -> "no answer within " + CALL_LIMIT.toSeconds() + " s";
      case UNREACHABLE ->
          message.contains("refused") ? "connection refused" : "no route or no answer";
      default -> message;
    };
  }
}
