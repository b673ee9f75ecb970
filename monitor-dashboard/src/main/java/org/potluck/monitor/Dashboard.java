package org.potluck.monitor;

import java.net.BindException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.potluck.monitor.history.History;
import org.potluck.monitor.web.WebServer;

/**
 * The dashboard of one program: a page, its JSON and its metrics, fed through {@link #monitor()}.
 */
public final class Dashboard implements AutoCloseable {
  private final History history;
  private final Board board;
  private final Feed feed;
  private final Collector collector;
  private final WebServer server;

  private Dashboard(
      History history, Board board, Feed feed, Collector collector, WebServer server) {
    this.history = history;
    this.board = board;
    this.feed = feed;
    this.collector = collector;
    this.server = server;
  }

  /**
   * Starts serving.
   *
   * @throws DashboardException when the port is taken, the address is not this machine's, or the
   *     history cannot be opened; the message names the setting
   */
  public static Dashboard start(DashboardOptions options) {
    History history = open(options);
    Feed feed = new Feed(options.clock().millis());
    AtomicLong dropped = new AtomicLong();
    Meters meters = new Meters(feed, dropped);
    try {
      Board board = new Board(history, feed, options.clock());
      WebServer server =
          WebServer.start(
              options.host(), options.port(), options.hostNames(), board, feed, meters::scrape);
      Collector collector = new Collector(board, feed, meters, history, options.clock(), dropped);
      return new Dashboard(history, board, feed, collector, server);
    } catch (SQLException e) {
      throw unreadable(options, e);
    } catch (BindException e) {
      closeQuietly(history);
      throw new DashboardException(
          "cannot show the dashboard on %s port %d: the port is taken, or the address is none of this machine; see --dashboard-port and --dashboard-host"
              .formatted(options.host(), options.port()),
          e);
    }
  }

  /** Shows a recorded run instead of a live one: the page plays it, and the API holds its end. */
  public static Dashboard replay(DashboardOptions options, Recording recording)
      throws InterruptedException {
    Dashboard dashboard = start(options);
    dashboard.board.showRecording(recording);
    dashboard.collector.load(recording);
    return dashboard;
  }

  /** Where the page is. */
  public String url() {
    return server.url();
  }

  /** The newest epoch of {@code run} that the history remembers from before. */
  public Optional<EpochStatus> lastEpoch(String run) {
    try {
      return board.lastEpoch(run);
    } catch (SQLException e) {
      return Optional.empty(); // the collector tells of a history that fails
    }
  }

  public Monitor monitor() {
    return collector;
  }

  /** Writes what was reported so far, ends open pages' streams and frees the port. */
  @Override
  public void close() {
    collector.close();
    feed.close();
    server.close();
    closeQuietly(history);
  }

  private static History open(DashboardOptions options) {
    try {
      return History.open(options.history());
    } catch (SQLException e) {
      throw unreadable(options, e);
    }
  }

  private static DashboardException unreadable(DashboardOptions options, SQLException cause) {
    return new DashboardException(
        "cannot open the dashboard's history %s (%s); move it away, or choose another folder with --home"
            .formatted(
                options.history().map(Object::toString).orElse("in memory"), cause.getMessage()),
        cause);
  }

  private static void closeQuietly(History history) {
    try {
      history.close();
    } catch (SQLException e) {
      throw new DashboardException(
          "The dashboard's history could not be closed: " + e.getMessage(), e);
    }
  }
}
