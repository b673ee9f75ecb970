package org.potluck.averaging.state;

import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.rpc.StreamMethod;
import org.potluck.network.rpc.UnaryMethod;

/** The two calls of state transfer. */
final class StateMethods {
  /** Around the bytes of a piece. */
  private static final int ENVELOPE_BYTES = 1024;

  static final UnaryMethod<StateManifestRequest, StateManifestMessage> MANIFEST =
      new UnaryMethod<>(
          "/potluck/state-manifest/1",
          StateManifestRequest.parser(),
          StateManifestMessage.parser(),
          4 << 20);

  /** One for each newcomer and donor: chunks are asked for, and come in pieces. */
  static final StreamMethod<StateChunkRequest, StateChunkMessage> CHUNKS =
      new StreamMethod<>(
          StateClient.CHUNK_PROTOCOL,
          StateChunkRequest.parser(),
          StateChunkMessage.parser(),
          StateLimits.PIECE_BYTES_MAX + ENVELOPE_BYTES);

  private StateMethods() {}
}
