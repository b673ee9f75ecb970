package org.potluck.network.rpc;

import java.time.Duration;

/**
 * What one remote peer may cost.
 *
 * @param callsPerPeerMax calls of one remote peer that are served at a time; further ones are
 *     refused as limited, and reset from twice as many on
 * @param requestLimit for a request to go on arriving, and for the caller to close after the answer
 * @param answerLimit after which a call that got no answer from its handler is reset
 */
public record RpcLimits(int callsPerPeerMax, Duration requestLimit, Duration answerLimit) {
  public RpcLimits {
    if (callsPerPeerMax < 1 || !requestLimit.isPositive() || !answerLimit.isPositive()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** 64 calls, 15 s for a request, 5 min for an answer. */
  public static RpcLimits usual() {
    return new RpcLimits(64, Duration.ofSeconds(15), Duration.ofMinutes(5));
  }
}
