/**
 * How is it going: what the program tells an observer, and the page, JSON and metrics that show it.
 *
 * <p>The program calls {@link org.potluck.monitor.Monitor} from any thread and is never made to
 * wait: {@link org.potluck.monitor.Collector} puts each report into a bounded queue, and one thread
 * brings it to the live {@link org.potluck.monitor.Board}, to the open pages, to the metrics and to
 * the history. The web server lives in {@code web} and the database in {@code history}; nothing
 * else knows either. Much of what is shown was said by strangers, so every record clips its texts,
 * and the page writes them as text only. {@code docs/dashboard.md} is the page this package carries
 * out.
 */
@NullMarked
package org.potluck.monitor;

import org.jspecify.annotations.NullMarked;
