package org.potluck.peer.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.potluck.monitor.UnknownNumbers;

/**
 * What a run did, as {@code --report FILE} writes it.
 *
 * @param run run id
 * @param epochs the last epoch any peer reached
 * @param seconds wall-clock time
 * @param lossFirst nats per byte, mean over peers; NaN, in the file null, when none was measured
 * @param dashboard URL, empty without one
 */
public record RunReport(
    String run,
    List<PeerReport> peers,
    long epochs,
    double seconds,
    @JsonProperty("loss_first") double lossFirst,
    @JsonProperty("loss_last") double lossLast,
    String dashboard) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .addModule(UnknownNumbers.module())
          .build();

  public RunReport {
    peers = List.copyOf(peers);
  }

  /** Whether all peers at the last epoch hold the same parameters. */
  public boolean agreed() {
    return peers.stream()
            .filter(peer -> peer.epoch() == epochs)
            .map(PeerReport::parameterDigest)
            .distinct()
            .count()
        == 1;
  }

  /** Writes to a neighbouring file first, so that a reader never sees half a report. */
  public void write(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path draft = absolute.resolveSibling(absolute.getFileName() + ".part");
    JSON.writeValue(draft.toFile(), this);
    Files.move(draft, absolute, StandardCopyOption.REPLACE_EXISTING);
  }

  public static PeerReport readPeer(Path file) throws IOException {
    return JSON.readValue(file.toFile(), PeerReport.class);
  }

  public static void writePeer(PeerReport report, Path file) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".part");
    JSON.writeValue(draft.toFile(), report);
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
  }
}
