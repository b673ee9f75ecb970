/** How fast this machine trains. */
@NullMarked
package org.potluck.trainer.bench;

import org.jspecify.annotations.NullMarked;
