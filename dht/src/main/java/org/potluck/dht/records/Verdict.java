package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import org.potluck.network.PeerId;

/** What the verifier says of a record. */
public sealed interface Verdict {
  /**
   * Signed by the peer its subkey names.
   *
   * @param payload what that peer says
   */
  record Signed(PeerId owner, byte[] payload) implements Verdict {}

  /**
   * Signed by the RSA key its subkey names: hivemind's form.
   *
   * @param owner the libp2p peer id of that key
   * @param value what the owner says, MessagePack
   */
  record RsaSigned(PeerId owner, ByteString value) implements Verdict {}

  /** Within the bounds, and nobody's: hivemind's plain records. */
  record Unsigned() implements Verdict {}

  /**
   * Not to be stored, served or believed.
   *
   * @param reason in words, for the log
   * @param forged whether a signature was checked and wrong
   */
  record Refused(String reason, boolean forged) implements Verdict {}
}
