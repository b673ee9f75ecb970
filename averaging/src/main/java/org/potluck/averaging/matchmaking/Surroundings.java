package org.potluck.averaging.matchmaking;

import java.time.Instant;
import java.util.random.RandomGenerator;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.trust.Trust;
import org.potluck.dht.Dht;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/** What all searches of one peer share. */
record Surroundings(
    Network network,
    Dht dht,
    AveragingOptions options,
    RandomGenerator random,
    SpanPlanner planner,
    Grace grace,
    Shunned shunned,
    Trust trust) {
  EventLoop loop() {
    return network.loop();
  }

  Instant now() {
    return network.loop().now();
  }

  PeerId self() {
    return network.self();
  }
}
