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
import java.util.function.Consumer;
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
   *
   * @param says is told what is waited for, and until when, if it takes long
   */
  static SignedManifest fetch(
      Node node, Invitation invitation, List<Multiaddr> earlier, Consumer<String> says)
      throws UserException {
    List<String> troubles = new ArrayList<>();
    String run = invitation.runId();
    Optional<SignedManifest> found = ask(node, run, byPeer(invitation.peers()), troubles, says);
    Map<PeerId, List<Multiaddr>> known = byPeer(earlier);
    if (found.isEmpty() && !known.isEmpty()) {
      says.accept(
          "nobody of the invitation answers; asking %d met earlier, %d s each at most"
              .formatted(known.size(), CALL_LIMIT.toSeconds()));
      found = ask(node, run, known, new ArrayList<>(), says);
    }
    return found.orElseThrow(
        () -> new UserException(ExitCode.UNREACHABLE, String.join("; ", troubles)));
  }

  private static Map<PeerId, List<Multiaddr>> byPeer(List<Multiaddr> known) {
    Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
    for (Multiaddr address : known) {
      address
          .peer()
          .ifPresent(peer -> peers.computeIfAbsent(peer, _ -> new ArrayList<>()).add(address));
    }
    return peers;
  }

  private static Optional<SignedManifest> ask(
      Node node,
      String run,
      Map<PeerId, List<Multiaddr>> peers,
      List<String> troubles,
      Consumer<String> says) {
    for (Map.Entry<PeerId, List<Multiaddr>> entry : peers.entrySet()) {
      PeerId peer = entry.getKey();
      String waiting =
          "waiting for %s to answer, %d s at most"
              .formatted(peer.shortName(), CALL_LIMIT.toSeconds());
      try (LongWait _ = LongWait.saying(() -> says.accept(waiting))) {
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
