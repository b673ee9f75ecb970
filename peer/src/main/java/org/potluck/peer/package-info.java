@NullMarked
package org.potluck.peer;

import org.jspecify.annotations.NullMarked;
