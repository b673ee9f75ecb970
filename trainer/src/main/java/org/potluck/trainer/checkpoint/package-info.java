/** A model on disk: safetensors beside JSON, written all or nothing. */
@NullMarked
package org.potluck.trainer.checkpoint;

import org.jspecify.annotations.NullMarked;
