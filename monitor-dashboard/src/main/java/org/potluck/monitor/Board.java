package org.potluck.monitor;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.history.Entry;
import org.potluck.monitor.history.History;
import org.potluck.monitor.history.Kind;

/**
 * The swarm as it is now, joined with its past, as JSON documents. Written by the collector's one
 * thread, read by the web server; what is live is replaced as a whole, so readers need no lock.
 */
public final class Board {
  static final int POINTS_MAX = 1_000;
  static final int ROUNDS_MAX = 200;
  static final int SAMPLES_MAX = 50;
  static final int NOTICES_MAX = 200;

  private final History history;
  private final Feed feed;
  private final InstantSource clock;

  private volatile String run = "";
  private volatile @Nullable String runJson;
  private volatile String peersJson = "[]";
  private volatile @Nullable String nextJson;
  private volatile @Nullable Recording recording;

  Board(History history, Feed feed, InstantSource clock) throws SQLException {
    this.history = history;
    this.feed = feed;
    this.clock = clock;
    Optional<Entry> last = history.lastRun();
    last.ifPresent(
        entry -> {
          run = entry.run();
          runJson = entry.json();
        });
  }

  String run() {
    return run;
  }

  /** When {@code id} was shown first, if the history knows it. */
  Optional<Instant> started(String id) {
    try {
      return history.newest(id, Kind.RUN, 0, Long.MAX_VALUE, 1).stream()
          .findFirst()
          .map(json -> Json.read(json, RunInfo.class).started());
    } catch (SQLException e) {
      return Optional.empty(); // the collector tells of a history that fails
    }
  }

  /** The newest epoch of {@code id} that the history holds. */
  Optional<EpochStatus> lastEpoch(String id) throws SQLException {
    return history.newest(id, Kind.EPOCH, 0, Long.MAX_VALUE, 1).stream()
        .findFirst()
        .map(json -> Json.read(json, EpochStatus.class));
  }

  void showRun(String id, String json) {
    if (!id.equals(run)) {
      peersJson = "[]";
      nextJson = null;
    }
    run = id;
    runJson = json;
  }

  void showPeers(String json) {
    peersJson = json;
  }

  void showNext(String json) {
    nextJson = json;
  }

  void showRecording(Recording shown) {
    recording = shown;
  }

  /** What is being replayed, line by line; empty where nothing is. */
  public Optional<String> recording() {
    return Optional.ofNullable(recording).map(Recording::document);
  }

  /** The run, or {@code null} as JSON while there is none. */
  public String runDocument() {
    return orNull(runJson);
  }

  /**
   * The peers now, or as they were when the epoch ended (the nearest kept epoch at or before it).
   */
  public String peers(@Nullable Long epoch) throws SQLException {
    if (epoch == null) {
      return peersJson;
    }
    List<String> snapshot = history.newest(run, Kind.PEERS, 0, epoch, 1);
    return snapshot.isEmpty() ? "[]" : snapshot.getFirst();
  }

  public String epochs(long from, long to) throws SQLException {
    return array(history.spread(run, Kind.EPOCH, from, to, POINTS_MAX));
  }

  public String rounds(long from, long to) throws SQLException {
    return array(history.newest(run, Kind.ROUND, from, to, ROUNDS_MAX));
  }

  public String samples(long from, long to) throws SQLException {
    return array(history.newest(run, Kind.SAMPLE, from, to, SAMPLES_MAX));
  }

  public String notices() throws SQLException {
    return array(history.newest(run, Kind.NOTICE, 0, Long.MAX_VALUE, NOTICES_MAX));
  }

  /**
   * Everything a page needs. The event id is taken first: what happens meanwhile is then told twice
   * rather than never.
   */
  public String state() throws SQLException {
    String lastId = feed.lastId();
    Recording replayed = recording;
    return "{\"now\":"
        + Json.write(clock.instant())
        + ",\"last_event_id\":"
        + Json.write(lastId)
        + ",\"recording\":"
        + (replayed == null ? "null" : replayed.summary())
        + ",\"run\":"
        + orNull(runJson)
        + ",\"peers\":"
        + peersJson
        + ",\"next\":"
        + orNull(nextJson)
        + ",\"epochs\":"
        + epochs(0, Long.MAX_VALUE)
        + ",\"rounds\":"
        + rounds(0, Long.MAX_VALUE)
        + ",\"samples\":"
        + samples(0, Long.MAX_VALUE)
        + ",\"notices\":"
        + notices()
        + "}";
  }

  private static String orNull(@Nullable String json) {
    return json == null ? "null" : json;
  }

  private static String array(List<String> documents) {
    StringJoiner array = new StringJoiner(",", "[", "]");
    documents.forEach(array::add);
    return array.toString();
  }
}
