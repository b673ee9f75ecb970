package org.potluck.peer.report;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What one peer did.
 *
 * @param parameterDigest of the parameters at {@code epoch}
 * @param samples this peer trained on
 * @param lossFirst mean loss of the swarm in the first epoch this peer saw, nats per token
 * @param lossLast in the last one
 * @param secondsWaiting neither training nor averaging
 */
public record PeerReport(
    String id,
    String name,
    long epoch,
    @JsonProperty("parameter_digest") String parameterDigest,
    long samples,
    @JsonProperty("loss_first") double lossFirst,
    @JsonProperty("loss_last") double lossLast,
    @JsonProperty("bytes_sent") long bytesSent,
    @JsonProperty("bytes_received") long bytesReceived,
    @JsonProperty("rounds_averaged") long roundsAveraged,
    @JsonProperty("rounds_failed") long roundsFailed,
    @JsonProperty("seconds_training") double secondsTraining,
    @JsonProperty("seconds_averaging") double secondsAveraging,
    @JsonProperty("seconds_waiting") double secondsWaiting) {}
