package org.potluck.network;

import java.time.Duration;
import java.util.Optional;

/**
 * What is measured of the connection to one peer.
 *
 * @param traffic bytes in both directions
 * @param roundTrip the newest round-trip time, once one was measured
 * @param relayed whether the bytes go through a relay
 * @param address the remote address as the socket sees it
 */
public record PeerTraffic(
    PeerId peer,
    Traffic traffic,
    Optional<Duration> roundTrip,
    boolean relayed,
    Multiaddr address) {}
