/**
 * What happened, kept in one SQLite file so that it survives restarts and can be scrubbed back. The
 * only package that knows SQLite. Called from the dashboard's one writer and from the web server's
 * virtual threads; a lock keeps them apart.
 */
@NullMarked
package org.potluck.monitor.history;

import org.jspecify.annotations.NullMarked;
