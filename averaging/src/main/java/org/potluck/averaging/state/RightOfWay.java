package org.potluck.averaging.state;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.potluck.network.Bandwidth;

/**
 * What goes before state on a donor's uplink: a round waits for its slowest member, a newcomer only
 * for itself.
 *
 * @param averaging whether an exchange is under way in which this peer has a part
 * @param upload what this peer can send; {@link Bandwidth#NONE} while it is not known
 */
public record RightOfWay(BooleanSupplier averaging, Supplier<Bandwidth> upload) {
  /** Of a peer that takes part in no rounds. */
  public static final RightOfWay NOBODY = new RightOfWay(() -> false, () -> Bandwidth.NONE);
}
