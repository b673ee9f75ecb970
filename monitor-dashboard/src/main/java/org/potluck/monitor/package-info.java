@NullMarked
package org.potluck.monitor;

import org.jspecify.annotations.NullMarked;
