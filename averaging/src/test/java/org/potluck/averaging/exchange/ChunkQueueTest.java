package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChunkQueueTest {
  @Test
  void aChunkWaitsOnceUntilItsTurn() {
    ChunkQueue queue = new ChunkQueue();
    assertThat(queue.poll()).isNull();
    for (int chunk : new int[] {7, 3, 7, 3, 9}) {
      queue.add(chunk);
    }
    assertThat(queue.poll()).isEqualTo(7);
    queue.add(7);
    assertThat(queue.poll()).isEqualTo(3);
    assertThat(queue.poll()).isEqualTo(9);
    assertThat(queue.poll()).isEqualTo(7);
    queue.add(5);
    queue.clear();
    assertThat(queue.poll()).isNull();
    queue.add(5);
    assertThat(queue.poll()).isEqualTo(5);
  }
}
