package org.potluck.dht.bench;

import java.time.Duration;

/**
 * What a benchmark of the DHT does, as in hivemind's script: in each round every worker takes a new
 * key, lets some nodes write an entry each, all at once, and then some nodes read all of them.
 *
 * @param workers rounds that run side by side
 * @param rounds of each worker
 * @param storing nodes that write one key
 * @param getting nodes that read it
 * @param killed share of the nodes that is killed while half of the rounds are still to come
 * @param lifetime of the entries
 */
record Shape(int workers, int rounds, int storing, int getting, double killed, Duration lifetime) {
  /** The defaults of hivemind's script. */
  static final Shape HIVEMIND = new Shape(10, 16, 8, 8, 0.1, Duration.ofMinutes(5));

  Shape {
    if (workers < 1 || rounds < 1 || storing < 1 || getting < 1 || killed < 0 || killed >= 1) {
      throw new IllegalArgumentException("counts must be positive, killed a share below 1");
    }
  }

  Shape withWorkers(int count) {
    return new Shape(count, rounds, storing, getting, killed, lifetime);
  }

  Shape withKilled(double share) {
    return new Shape(workers, rounds, storing, getting, share, lifetime);
  }
}
