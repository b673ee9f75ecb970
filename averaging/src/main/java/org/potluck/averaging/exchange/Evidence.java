package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the averages that this member made in one round were made of, to be shown to members that
 * review them. As long as one encoded vector, but for the part that this member does not reduce.
 */
final class Evidence {
  /**
   * Of one chunk.
   *
   * @param payloads encoded contributions that were averaged, by member; null where there is none
   * @param signatures of those who brought them, by member
   */
  record Proof(@Nullable ByteBuffer[] payloads, @Nullable ByteBuffer[] signatures) {}

  private final Group group;
  private final Map<Integer, Proof> proofs = new LinkedHashMap<>();

  Evidence(Group group) {
    this.group = group;
  }

  Group group() {
    return group;
  }

  void keep(int chunk, Proof proof) {
    proofs.put(chunk, proof);
  }

  /** Of a chunk that somebody names; null where this member made no average of it. */
  @Nullable Proof of(int chunk) {
    return proofs.get(chunk);
  }
}
