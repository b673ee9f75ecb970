package org.potluck.network.simulation;

/**
 * A piece of a stream on its way.
 *
 * @param bytes owned by the network; empty only with {@code last}
 * @param last whether the sender closes after it
 */
record Segment(byte[] bytes, boolean last) {}
