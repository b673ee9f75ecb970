package org.potluck.monitor.history;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The runs' past in one table of JSON documents, ordered by run, kind and position.
 *
 * <p>One connection behind one lock: writes come in batches, one transaction each, and reads are
 * short, so a second connection would buy nothing but the chance of a busy database. Each kind is
 * bounded by {@link Kind#entriesMax}; the bound is enforced with a slack of a sixteenth, so that
 * trimming is rare.
 */
public final class History implements AutoCloseable {
  private static final String UPSERT =
      "INSERT INTO entry(run, kind, position, epoch, json) VALUES(?,?,?,?,?) ON CONFLICT(run, kind,"
          + " position) DO UPDATE SET epoch = excluded.epoch, json = excluded.json";

  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  private History(Connection connection) {
    this.connection = connection;
  }

  /** Opens or creates the file; absent keeps everything in memory. */
  public static History open(Optional<Path> file) throws SQLException {
    String place = file.map(path -> path.toAbsolutePath().toString()).orElse(":memory:");
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + place);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = NORMAL");
      statement.execute("PRAGMA busy_timeout = 2000");
      statement.execute("PRAGMA cache_size = -2000");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS entry(run TEXT NOT NULL, kind TEXT NOT NULL, position INTEGER"
              + " NOT NULL, epoch INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(run, kind,"
              + " position)) WITHOUT ROWID");
      connection.setAutoCommit(false);
      return new History(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Remembers all entries in one transaction. */
  public void write(List<Entry> entries) throws SQLException {
    lock.lock();
    try (PreparedStatement insert = connection.prepareStatement(UPSERT)) {
      for (Entry entry : entries) {
        insert.setString(1, entry.run());
        insert.setString(2, entry.kind().name());
        insert.setLong(3, entry.position());
        insert.setLong(4, entry.epoch());
        insert.setString(5, entry.json());
        insert.addBatch();
      }
      insert.executeBatch();
      connection.commit();
    } catch (SQLException e) {
      rollBack(e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /** A full disk has ended the transaction already; why it did is what has to be told. */
  private void rollBack(SQLException because) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      because.addSuppressed(e);
    }
  }

  /** Brings every kind of a run back within its bound. */
  public void trim(String run) throws SQLException {
    lock.lock();
    try {
      for (Kind kind : Kind.values()) {
        List<Long> positions = positions(run, kind);
        if (positions.size() > kind.entriesMax + kind.entriesMax / 16) {
          delete(run, kind, surplus(positions, kind));
        }
      }
      connection.commit();
    } finally {
      lock.unlock();
    }
  }

  /** The newest {@code entriesMax} documents with epochs in the range, oldest first. */
  public List<String> newest(String run, Kind kind, long fromEpoch, long toEpoch, int entriesMax)
      throws SQLException {
    lock.lock();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT json FROM entry WHERE run=? AND kind=? AND epoch BETWEEN ? AND ? ORDER BY"
                + " position DESC LIMIT ?")) {
      select.setString(1, run);
      select.setString(2, kind.name());
      select.setLong(3, fromEpoch);
      select.setLong(4, toEpoch);
      select.setInt(5, entriesMax);
      List<String> documents = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          documents.add(rows.getString(1));
        }
      }
      Collections.reverse(documents);
      return documents;
    } finally {
      lock.unlock();
    }
  }

  /**
   * At most about {@code entriesMax} documents spread evenly over the range, oldest first, the
   * newest always among them.
   */
  public List<String> spread(String run, Kind kind, long fromEpoch, long toEpoch, int entriesMax)
      throws SQLException {
    lock.lock();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT json FROM (SELECT json, position, ROW_NUMBER() OVER (ORDER BY position DESC) -"
                + " 1 AS place, COUNT(*) OVER () AS total FROM entry WHERE run=?1 AND kind=?2 AND"
                + " epoch BETWEEN ?3 AND ?4) WHERE place % MAX(1, (total + ?5 - 1) / ?5) = 0 ORDER"
                + " BY position")) {
      select.setString(1, run);
      select.setString(2, kind.name());
      select.setLong(3, fromEpoch);
      select.setLong(4, toEpoch);
      select.setInt(5, entriesMax);
      List<String> documents = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          documents.add(rows.getString(1));
        }
      }
      return documents;
    } finally {
      lock.unlock();
    }
  }

  /** The highest position of any entry of the kind, over all runs; 0 when there is none. */
  public long lastPosition(Kind kind) throws SQLException {
    lock.lock();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT COALESCE(MAX(position), 0) FROM entry WHERE kind=?")) {
      select.setString(1, kind.name());
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? rows.getLong(1) : 0;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The run that was written about last, with its document. */
  public Optional<Entry> lastRun() throws SQLException {
    lock.lock();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT run, epoch, json FROM entry WHERE kind='RUN' ORDER BY epoch DESC LIMIT 1");
        ResultSet rows = select.executeQuery()) {
      return rows.next()
          ? Optional.of(
              new Entry(rows.getString(1), Kind.RUN, 0, rows.getLong(2), rows.getString(3)))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws SQLException {
    lock.lock();
    try {
      connection.close();
    } finally {
      lock.unlock();
    }
  }

  private List<Long> positions(String run, Kind kind) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT position FROM entry WHERE run=? AND kind=? ORDER BY position")) {
      select.setString(1, run);
      select.setString(2, kind.name());
      List<Long> positions = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          positions.add(rows.getLong(1));
        }
      }
      return positions;
    }
  }

  /**
   * The oldest entries, or every second one of the older part, so that the kind falls to its bound.
   */
  static List<Long> surplus(List<Long> positions, Kind kind) {
    int tooMany = positions.size() - kind.entriesMax;
    List<Long> surplus = new ArrayList<>();
    int step = kind.thinned && positions.size() > 2 * tooMany ? 2 : 1;
    for (int i = step - 1; surplus.size() < tooMany; i += step) {
      surplus.add(positions.get(i));
    }
    return surplus;
  }

  private void delete(String run, Kind kind, List<Long> positions) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM entry WHERE run=? AND kind=? AND position=?")) {
      for (long position : positions) {
        delete.setString(1, run);
        delete.setString(2, kind.name());
        delete.setLong(3, position);
        delete.addBatch();
      }
      delete.executeBatch();
    }
  }
}
