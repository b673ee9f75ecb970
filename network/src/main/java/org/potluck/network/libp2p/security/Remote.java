package org.potluck.network.libp2p.security;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/** The two questions both handshakes ask of the remote: who are you, and are you whom I dialed. */
final class Remote {
  private Remote() {}

  /** What the owner of an identity key signs: the protocol's own prefix, then the session's key. */
  static byte[] statement(String prefix, byte[] sessionKey) {
    byte[] start = prefix.getBytes(StandardCharsets.US_ASCII);
    byte[] statement = new byte[start.length + sessionKey.length];
    System.arraycopy(start, 0, statement, 0, start.length);
    System.arraycopy(sessionKey, 0, statement, start.length, sessionKey.length);
    return statement;
  }

  /**
   * @param identityKey libp2p's protobuf form, from the remote
   * @throws NetworkException when the key's owner did not sign {@code statement}
   */
  static PeerId proven(byte[] identityKey, byte[] statement, byte[] signature)
      throws NetworkException {
    RemoteKey key;
    try {
      key = RemoteKey.ofProtobuf(identityKey);
    } catch (IllegalArgumentException e) {
      throw new NetworkException(
          Reason.PROTOCOL_VIOLATION, "the remote's identity key makes no sense", e);
    }
    if (!key.verify(statement, signature)) {
      throw new NetworkException(
          Reason.PROTOCOL_VIOLATION,
          "the remote claims to be " + key.peerId() + " but did not sign this session's key");
    }
    return key.peerId();
  }

  /**
   * @throws NetworkException when {@code found} is not the peer that was dialed
   */
  static void check(Optional<PeerId> expected, PeerId found) throws NetworkException {
    if (expected.isPresent() && !expected.get().equals(found)) {
      throw new NetworkException(
          Reason.WRONG_PEER,
          "expected peer " + expected.get() + " there, but " + found + " answered");
    }
  }
}
