package org.potluck.peer.run;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.StringValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

  private static final Duration DIAL_LIMIT = Duration.ofSeconds(5);

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

  /** Asks the invitation's peers one after another. */
  static SignedManifest fetch(Node node, Invitation invitation) throws UserException {
    List<String> troubles = new ArrayList<>();
    for (Multiaddr address : invitation.peers()) {
      PeerId peer = address.peer().orElseThrow();
      try {
        PeerId _ =
            node.await(
                () -> node.network().connect(address, DIAL_LIMIT), DIAL_LIMIT.plusSeconds(1));
        BytesValue answer =
            node.await(
                () -> node.rpc().call(peer, FETCH, StringValue.of(invitation.runId()), DIAL_LIMIT),
                DIAL_LIMIT.plusSeconds(1));
        SignedManifest manifest = SignedManifest.parse(answer.getValue().toByteArray());
        if (manifest.runId().equals(invitation.runId())) {
          return manifest;
        }
        troubles.add(peer.shortName() + " sent the manifest of another run");
      } catch (NetworkException | ManifestException e) {
        troubles.add(address + ": " + e.getMessage());
      }
    }
    throw new UserException(
        ExitCode.UNREACHABLE,
        "no peer of the invitation could be reached ("
            + String.join("; ", troubles)
            + "); ask for a newer invitation, or check that the run is still going");
  }
}
