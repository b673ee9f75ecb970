@NullMarked
package org.potluck.averaging;

import org.jspecify.annotations.NullMarked;
