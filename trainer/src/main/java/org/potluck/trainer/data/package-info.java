/** The text a run reads: where its bytes lie, and which of them a draw takes. */
@NullMarked
package org.potluck.trainer.data;

import org.jspecify.annotations.NullMarked;
