/**
 * The network as a function of one flat vector: its layout, its first values, forward and backward.
 */
@NullMarked
package org.potluck.trainer.model;

import org.jspecify.annotations.NullMarked;
