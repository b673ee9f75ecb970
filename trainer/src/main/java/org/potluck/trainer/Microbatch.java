package org.potluck.trainer;

import java.time.Duration;

/**
 * What one micro-batch did.
 *
 * @param samples sequences in it
 * @param tokens predicted tokens in it
 * @param meanLoss nats per token
 * @param took wall-clock time of forward and backward
 */
public record Microbatch(int samples, long tokens, double meanLoss, Duration took) {}
