package org.potluck.monitor;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.history.Entry;
import org.potluck.monitor.history.History;
import org.potluck.monitor.history.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the program's reports and brings them, on one thread of its own, to the board, the feed,
 * the meters and the history.
 *
 * <p>Facts that must each be seen (epochs, rounds, samples, notices) go through a bounded queue;
 * facts of which only the newest counts (peers, next round) go through a slot that a newer report
 * overwrites, and are published at most every {@link #PEERS_MILLIS}. A disk that fails costs the
 * history, never the live view.
 */
final class Collector implements Monitor, AutoCloseable {
  static final int QUEUED_MAX = 4_096;
  static final int PEERS_SHOWN_MAX = 2_000;
  private static final long PEERS_MILLIS = 500;
  private static final long IDLE_MILLIS = 100;

  /** So many of the newest epochs and rounds can be told again. */
  static final int TOLD_AGAIN_MAX = 256;

  private static final Logger log = LoggerFactory.getLogger(Collector.class);

  private final BlockingQueue<Record> reports = new ArrayBlockingQueue<>(QUEUED_MAX);

  /** An epoch with the peers as they were when it was reported. */
  private record Finished(EpochStatus epoch, List<PeerStatus> peers) {}

  /** Reached when all that was reported before has been taken in. */
  private record Mark(CountDownLatch reached) {}

  private final AtomicReference<@Nullable List<PeerStatus>> newestPeers = new AtomicReference<>();
  private final AtomicReference<@Nullable NextRound> newestNext = new AtomicReference<>();
  private final AtomicLong dropped;
  private final Board board;
  private final Feed feed;
  private final Meters meters;
  private final History history;
  private final InstantSource clock;
  private final LinkedHashMap<String, Long> roundPositions = new LinkedHashMap<>();
  private final LinkedHashSet<Long> snapshots = new LinkedHashSet<>();
  private final Thread thread;
  private volatile List<PeerStatus> knownPeers = List.of();
  private volatile boolean closing;
  private long position;
  private boolean historyFails;
  private long nextPeersAt;
  private int writesSinceTrim;

  Collector(
      Board board,
      Feed feed,
      Meters meters,
      History history,
      InstantSource clock,
      AtomicLong dropped)
      throws SQLException {
    this.board = board;
    this.feed = feed;
    this.meters = meters;
    this.history = history;
    this.clock = clock;
    this.dropped = dropped;
    for (Kind kind : List.of(Kind.ROUND, Kind.SAMPLE, Kind.NOTICE)) {
      position = Math.max(position, history.lastPosition(kind));
    }
    this.thread = Thread.ofPlatform().daemon().name("dashboard-collector").start(this::loop);
  }

  @Override
  public void run(RunInfo run) {
    offer(run);
  }

  @Override
  public void peers(List<PeerStatus> peers) {
    List<PeerStatus> known =
        List.copyOf(peers.size() > PEERS_SHOWN_MAX ? peers.subList(0, PEERS_SHOWN_MAX) : peers);
    knownPeers = known;
    newestPeers.set(known);
  }

  @Override
  public void epoch(EpochStatus epoch) {
    offer(new Finished(epoch, knownPeers));
  }

  @Override
  public void round(RoundStatus round) {
    offer(round);
  }

  @Override
  public void next(NextRound next) {
    newestNext.set(next);
  }

  @Override
  public void sample(ModelSample sample) {
    offer(sample);
  }

  @Override
  public void event(Notice notice) {
    offer(notice);
  }

  /** Takes in a recording as a whole, however long that takes. */
  void load(Recording recording) throws InterruptedException {
    for (Recording.Line line : recording.lines()) {
      switch (line.facts()) {
        case List<?> peers -> peers(peers.stream().map(PeerStatus.class::cast).toList());
        case EpochStatus epoch -> reports.put(new Finished(epoch, knownPeers));
        case NextRound next -> next(next);
        case Record report -> reports.put(report);
        default -> throw new IllegalStateException("a line of " + line.type());
      }
    }
    Mark end = new Mark(new CountDownLatch(1));
    reports.put(end);
    end.reached().await();
  }

  /** Takes in what was reported so far and stops. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void offer(Record report) {
    if (!reports.offer(report)) {
      dropped.incrementAndGet();
    }
  }

  private void loop() {
    while (!closing) {
      try {
        step(reports.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS));
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        log.warn("The dashboard could not take in a report", e);
      }
    }
    step(reports.poll());
  }

  private void step(@Nullable Record first) {
    List<Record> batch = new ArrayList<>();
    if (first != null) {
      batch.add(first);
      reports.drainTo(batch, QUEUED_MAX);
    }
    List<Entry> entries = new ArrayList<>();
    for (Record report : batch) {
      if (report instanceof RunInfo run) {
        takeRun(run, entries);
      }
    }
    takeNewest(!batch.isEmpty());
    for (Record report : batch) {
      take(report, entries);
    }
    remember(entries);
    // Whoever comes in between has it from the history; told before, it would have it from nowhere.
    entries.forEach(this::tell);
    for (Record report : batch) {
      if (report instanceof Mark mark) {
        mark.reached().countDown();
      }
    }
  }

  /** A run that is shown again began when it was first shown. */
  private void takeRun(RunInfo told, List<Entry> entries) {
    RunInfo run = board.started(told.id()).map(told::startedAt).orElse(told);
    String json = Json.write(run);
    board.showRun(run.id(), json);
    feed.publish("run", json);
    entries.add(new Entry(run.id(), Kind.RUN, 0, clock.millis(), json));
  }

  private void take(Record report, List<Entry> entries) {
    if (report instanceof RunInfo || report instanceof Mark) {
      return;
    }
    if (report instanceof Finished(EpochStatus epoch, List<PeerStatus> peers)) {
      String json = Json.write(epoch);
      meters.epoch(epoch);
      if (firstReport(epoch.epoch())) {
        entries.add(entry(Kind.PEERS, epoch.epoch(), epoch.epoch(), Json.write(peers)));
      }
      entries.add(entry(Kind.EPOCH, epoch.epoch(), epoch.epoch(), json));
      return;
    }
    String json = Json.write(report);
    Optional<Entry> entry =
        switch (report) {
          case RoundStatus round -> {
            meters.round(round);
            yield Optional.of(entry(Kind.ROUND, roundPosition(round.id()), round.epoch(), json));
          }
          case ModelSample sample -> {
            yield Optional.of(entry(Kind.SAMPLE, ++position, sample.epoch(), json));
          }
          case Notice notice -> {
            yield Optional.of(entry(Kind.NOTICE, ++position, notice.at().toEpochMilli(), json));
          }
          default -> Optional.empty();
        };
    entry.ifPresent(entries::add);
  }

  private void tell(Entry entry) {
    switch (entry.kind()) {
      case EPOCH -> feed.publish("epoch", entry.json());
      case ROUND -> feed.publish("round", entry.json());
      case SAMPLE -> feed.publish("sample", entry.json());
      case NOTICE -> feed.publish("notice", entry.json());
      case RUN, PEERS -> {} // the board holds these, and they have been told
    }
  }

  /** An epoch told again, because more is known of it, keeps the peers of its first report. */
  private boolean firstReport(long epoch) {
    boolean first = snapshots.add(epoch);
    if (snapshots.size() > TOLD_AGAIN_MAX) {
      snapshots.removeFirst();
    }
    return first;
  }

  private Entry entry(Kind kind, long at, long epoch, String json) {
    return new Entry(board.run(), kind, at, epoch, json);
  }

  /** A round reported twice keeps its place. Only the newest rounds can be reported again. */
  private long roundPosition(String id) {
    Long known = roundPositions.get(id);
    if (known != null) {
      return known;
    }
    if (roundPositions.size() >= TOLD_AGAIN_MAX) {
      roundPositions.pollFirstEntry();
    }
    roundPositions.put(id, ++position);
    return position;
  }

  private void takeNewest(boolean now) {
    NextRound next = newestNext.getAndSet(null);
    if (next != null) {
      String json = Json.write(next);
      board.showNext(json);
      feed.publish("next", json);
    }
    long nanos = System.nanoTime();
    if (!now && !closing && nanos - nextPeersAt < 0) {
      return;
    }
    List<PeerStatus> peers = newestPeers.getAndSet(null);
    if (peers != null) {
      String json = Json.write(peers);
      board.showPeers(json);
      meters.peers(peers);
      feed.publish("peers", json);
      nextPeersAt = nanos + TimeUnit.MILLISECONDS.toNanos(PEERS_MILLIS);
    }
  }

  private void remember(List<Entry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    try {
      history.write(entries);
      writesSinceTrim += entries.size();
      if (writesSinceTrim >= 64) {
        history.trim(board.run());
        writesSinceTrim = 0;
      }
      historyFails = false;
    } catch (SQLException e) {
      if (!historyFails) {
        historyFails = true;
        log.warn(
            "The dashboard's history cannot be written; the live view goes on: {}", e.getMessage());
        log.debug("The history failed", e);
        feed.publish(
            "notice",
            Json.write(
                new Notice(
                    Notice.Severity.WARNING,
                    "What happens from now on is not kept, because the dashboard's history cannot"
                        + " be written: "
                        + e.getMessage(),
                    Instant.ofEpochMilli(clock.millis()))));
      }
    }
  }
}
