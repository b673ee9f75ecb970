/**
 * Brings newcomers the state of the run: parameters, optimizer and epoch, from several peers at
 * once.
 *
 * <p>A {@link StateDonor} offers its latest {@link Snapshot}. A {@link StateClient} asks donors for
 * manifests, picks the newest state that a {@link Notary} vouches for and most of them agree on,
 * and fetches its chunks from all of those, checking each against the manifest. Used by the peer;
 * runs on the peer's loop. Carries out {@code docs/state.md}.
 */
@NullMarked
package org.potluck.averaging.state;

import org.jspecify.annotations.NullMarked;
