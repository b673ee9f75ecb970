package org.potluck.averaging;

import org.potluck.network.Bandwidth;

/**
 * How one peer hangs on the network, as it declares it to the leader of a round.
 *
 * @param upload what it can send, measured; {@link Bandwidth#NONE} while it is not known
 * @param download what it can receive, likewise
 * @param reachable whether others can dial it; if not, it reduces nothing
 */
public record OwnLink(Bandwidth upload, Bandwidth download, boolean reachable) {}
