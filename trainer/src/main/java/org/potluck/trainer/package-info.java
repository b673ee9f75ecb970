@NullMarked
package org.potluck.trainer;

import org.jspecify.annotations.NullMarked;
