/**
 * What a run is: the coordinator's file, its signed form, and the one line that invites to it.
 *
 * <p>Pure values: no network, no threads. Handbook: {@code docs/runs.md}.
 */
@NullMarked
package org.potluck.peer.manifest;

import org.jspecify.annotations.NullMarked;
