/** The report of a run, one JSON object with fixed names. Pure values. Handbook: docs/runs.md. */
@NullMarked
package org.potluck.peer.report;

import org.jspecify.annotations.NullMarked;
