package org.potluck.dht.records;

import com.google.protobuf.ByteString;

/** What may stand under a key: checked by every node that knows the run, before it stores. */
@FunctionalInterface
public interface Schema {
  /**
   * @param subkey MessagePack of the subkey, with the owner's marker where there is one
   * @param payload what is said, without its signature; MessagePack in hivemind's records, opaque
   *     bytes in ours
   */
  boolean accepts(ByteString subkey, ByteString payload);
}
