/** The demonstration: a coordinator and several peer processes on this machine, then a report. */
@NullMarked
package org.potluck.peer.demo;

import org.jspecify.annotations.NullMarked;
