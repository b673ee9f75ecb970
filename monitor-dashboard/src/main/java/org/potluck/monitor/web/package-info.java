/**
 * The dashboard's web server: the page, its JSON, the stream of events and the metrics. The only
 * package that knows Javalin and Jetty. Requests run on virtual threads and may block on the
 * history.
 */
@NullMarked
package org.potluck.monitor.web;

import org.jspecify.annotations.NullMarked;
