package org.potluck.monitor;

import java.time.Instant;

/**
 * The run as its manifest describes it.
 *
 * @param model the model in words, such as {@code gpt, 4 layers, width 256}
 * @param tokenUnit what one token is, {@code byte} or {@code token}, or {@code value} where there
 *     is no text; bits per byte are shown only for bytes
 * @param targetBatch samples that make an epoch due
 * @param started when this program first showed the run
 * @param coordinator name or peer id of whoever signed the manifest
 */
public record RunInfo(
    String id,
    String name,
    String invitation,
    String model,
    String tokenUnit,
    long parameters,
    long targetBatch,
    Instant started,
    String coordinator) {
  public RunInfo {
    id = Clip.line(id, 128);
    name = Clip.line(name, Clip.NAME);
    invitation = Clip.line(invitation, 4_000);
    model = Clip.line(model, 200);
    tokenUnit = Clip.line(tokenUnit, 16);
    coordinator = Clip.line(coordinator, 128);
  }

  RunInfo startedAt(Instant instant) {
    return new RunInfo(
        id, name, invitation, model, tokenUnit, parameters, targetBatch, instant, coordinator);
  }
}
