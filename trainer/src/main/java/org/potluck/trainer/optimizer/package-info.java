/** The step from a mean gradient to new parameters, bit for bit the same on every machine. */
@NullMarked
package org.potluck.trainer.optimizer;

import org.jspecify.annotations.NullMarked;
