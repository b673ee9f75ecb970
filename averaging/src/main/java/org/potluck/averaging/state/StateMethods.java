package org.potluck.averaging.state;

import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.rpc.UnaryMethod;

/** The two calls of state transfer. */
final class StateMethods {
  /** For the envelope of a call. */
  private static final int ENVELOPE_BYTES = 4096;

  static final UnaryMethod<StateManifestRequest, StateManifestMessage> MANIFEST =
      new UnaryMethod<>(
          "/potluck/state-manifest/1",
          StateManifestRequest.parser(),
          StateManifestMessage.parser(),
          4 << 20);

  static final UnaryMethod<StateChunkRequest, StateChunkMessage> CHUNK =
      new UnaryMethod<>(
          "/potluck/state-chunk/1",
          StateChunkRequest.parser(),
          StateChunkMessage.parser(),
          Manifest.CHUNK_BYTES_MAX + ENVELOPE_BYTES,
          true);

  private StateMethods() {}
}
