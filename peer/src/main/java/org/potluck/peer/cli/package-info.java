/** The commands a person types. Each is one small class. Handbook: {@code docs/runs.md}. */
@NullMarked
package org.potluck.peer.cli;

import org.jspecify.annotations.NullMarked;
