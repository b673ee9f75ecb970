/**
 * What this peer learned: the model, the text it reads, and the optimizer.
 *
 * <p>{@link org.potluck.trainer.Trainer} is the seam the rest of the program sees: flat float32
 * vectors in, flat float32 vectors out. Everything that decides the bits of the parameters
 * (initialisation, optimizer step, digest) runs on the JVM in a stated order, so that peers on
 * different machines stay bit-identical; only forward and backward run in PyTorch. This is the only
 * module that knows DJL. One thread at a time uses a trainer. See {@code docs/trainer.md}.
 */
@NullMarked
package org.potluck.trainer;

import org.jspecify.annotations.NullMarked;
