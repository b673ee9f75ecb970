package org.potluck.peer.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNotes;
import org.potluck.monitor.EpochStatus;
import org.potluck.monitor.Monitor;
import org.potluck.monitor.NextRound;
import org.potluck.monitor.Notice;
import org.potluck.monitor.PeerStatus;
import org.potluck.monitor.RoundStatus;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;

/**
 * Turns what peers say of themselves and of their rounds into what the dashboard shows: the same
 * for a run over the network and for a simulated one.
 *
 * <p>Not safe for threads; lives on the loop of whoever looks.
 */
public final class Chronicle {
  private static final int PEERS_KNOWN_MAX = 4_096;

  private final Monitor monitor;
  private final long targetBatch;
  private final EpochLog epochs;
  private final RoundLog rounds;
  private final DigestLedger ledger = new DigestLedger();
  private final Map<PeerId, String> names = new LinkedHashMap<>();
  private final Map<PeerId, RoundNotes> notes = new LinkedHashMap<>();
  private final Map<PeerId, String> present = new LinkedHashMap<>();
  private final Set<PeerId> banned = new LinkedHashSet<>();
  private final Set<PeerId> refused = new LinkedHashSet<>();
  private long epochShown = -1;
  private Instant epochAt;

  /**
   * @param targetBatch samples that make an epoch due
   * @param last what is remembered from before, if anything
   */
  public Chronicle(
      Monitor monitor,
      long targetBatch,
      int tokensPerSample,
      Optional<EpochStatus> last,
      Instant now) {
    this.monitor = monitor;
    this.targetBatch = targetBatch;
    epochs = new EpochLog(monitor, targetBatch, tokensPerSample, last);
    rounds = new RoundLog(last.map(EpochStatus::epoch).orElse(0L));
    epochAt = now;
  }

  /** What {@code teller} has posted of its rounds. */
  public void told(PeerId teller, RoundNotes posted, Instant now) {
    if (notes.containsKey(teller) || notes.size() < PEERS_KNOWN_MAX) {
      notes.put(teller, posted);
    }
    rounds.take(teller, posted.rounds(), now);
    showRounds(now);
  }

  /**
   * Somebody has said something new.
   *
   * @param peers that hold the model
   */
  public void heard(List<PeerProgress> peers, Instant now) {
    peers.forEach(peer -> compareDigest(peer, now));
    List<PeerProgress> members = participants(peers);
    if (members.isEmpty()) {
      return;
    }
    long epoch = reachedByMost(members);
    if (epoch > epochShown) {
      if (epochShown >= 0) {
        epochs.reached(epoch, now, epochAt);
      }
      epochShown = epoch;
      epochAt = now;
    }
    for (PeerProgress peer : members) {
      epochs.loss(peer.epoch(), peer.peer(), peer.loss());
      rounds.there(epochShown, peer.peer(), standing(peer));
    }
    epochs.tell(rounds, false);
  }

  /** Those with a place in rounds. */
  private static List<PeerProgress> participants(List<PeerProgress> peers) {
    return peers.stream().filter(PeerProgress::takesPart).toList();
  }

  /** One that is a step ahead proves nothing, and one that claims a thousand stops nothing. */
  private static long reachedByMost(List<PeerProgress> members) {
    List<Long> epochs =
        members.stream().map(PeerProgress::epoch).sorted(Comparator.reverseOrder()).toList();
    return epochs.get(epochs.size() / 2);
  }

  /**
   * The swarm as it is now.
   *
   * @param peers that hold the model
   * @param goodbye whether a peer that is there no more has said so
   */
  public void look(
      List<PeerProgress> peers,
      Function<PeerId, Optional<PeerTraffic>> traffic,
      Predicate<PeerId> goodbye,
      Instant now) {
    for (PeerProgress peer : peers) {
      if (names.containsKey(peer.peer()) || names.size() < PEERS_KNOWN_MAX) {
        names.put(peer.peer(), peer.name());
      }
    }
    long total = peers.stream().mapToLong(PeerProgress::samplesTotal).sum();
    Hearsay hearsay = new Hearsay(participants(peers), this::name);
    Map<PeerId, PeerStatus.Standing> standings = new LinkedHashMap<>();
    List<PeerStatus> statuses = new ArrayList<>();
    for (PeerProgress peer : peers) {
      PeerStatus.Standing standing = hearsay.of(peer.peer());
      standings.put(peer.peer(), standing);
      PeerStatus.State state = state(peer, hearsay.bannedUntil(peer.peer()));
      statuses.add(status(peer, state, total, traffic.apply(peer.peer()), standing, now));
    }
    monitor.peers(statuses);
    announceComings(peers, goodbye, now);
    standings.forEach(
        (peer, standing) -> announceBans(peer, standing, hearsay.bannedUntil(peer), now));
    heard(peers, now);
    showRounds(now);
    List<PeerProgress> trainers = peers.stream().filter(PeerProgress::trains).toList();
    if (!trainers.isEmpty()) {
      showNext(trainers, now);
    }
  }

  /** The newest epoch that most of the swarm has reached; -1 before anybody was seen. */
  long epoch() {
    return epochShown;
  }

  /** How far the peers seen so far agree. */
  public Agreement agreement() {
    return ledger.agreement();
  }

  private void compareDigest(PeerProgress peer, Instant now) {
    ledger
        .note(peer.peer(), peer.name(), peer.epoch(), peer.digest())
        .ifPresent(
            dispute ->
                monitor.event(
                    new Notice(Notice.Severity.ERROR, "Parameters differ at " + dispute, now)));
  }

  private void showRounds(Instant now) {
    for (RoundStatus round : rounds.news(this::name, now)) {
      monitor.round(round);
    }
    epochs.tell(rounds, true);
  }

  private String standing(PeerProgress peer) {
    String busy =
        switch (peer.activity()) {
          case "DOWNLOADING" -> ", fetching the model";
          case "BANNED" -> ", banned";
          default -> "";
        };
    return peer.epoch() < epochShown ? ", at epoch " + peer.epoch() + busy : busy;
  }

  private void showNext(List<PeerProgress> trainers, Instant now) {
    List<PeerProgress> there =
        trainers.stream().filter(peer -> peer.epoch() == epochShown).toList();
    long samples = there.stream().mapToLong(PeerProgress::samples).sum();
    double rate = there.stream().mapToDouble(PeerProgress::samplesPerSecond).sum();
    double seconds = rate > 0 ? Math.clamp((targetBatch - samples) / rate, 0, 86_400) : 0;
    monitor.next(
        new NextRound(
            Math.max(0, epochShown),
            epochAt,
            rate > 0 ? now.plusMillis((long) (seconds * 1000)) : null,
            !there.isEmpty() && there.stream().allMatch(Chronicle::beforeTheStart)
                ? "Waiting for more trainers (training.begin-with)."
                : samples < targetBatch ? "Gathering samples." : "Averaging.",
            samples,
            targetBatch));
  }

  private void announceComings(List<PeerProgress> peers, Predicate<PeerId> goodbye, Instant now) {
    Map<PeerId, String> here = new LinkedHashMap<>();
    for (PeerProgress peer : peers) {
      here.put(peer.peer(), peer.name());
      if (!present.containsKey(peer.peer())) {
        String as = peer.trains() ? "" : " as " + peer.role().word();
        monitor.event(new Notice(Notice.Severity.INFO, peer.name() + " joined" + as, now));
      }
    }
    present.forEach(
        (peer, name) -> {
          if (!here.containsKey(peer)) {
            monitor.event(
                goodbye.test(peer)
                    ? new Notice(Notice.Severity.INFO, name + " left", now)
                    : new Notice(Notice.Severity.WARNING, name + " is gone without a word", now));
          }
        });
    present.clear();
    present.putAll(here);
  }

  /** Once for each peer and degree: what is said of others is cheap. */
  private void announceBans(
      PeerId peer, PeerStatus.Standing standing, Optional<Instant> until, Instant now) {
    if (standing.refused() && refused.size() < PEERS_KNOWN_MAX && refused.add(peer)) {
      banned.add(peer);
      monitor.event(
          new Notice(
              Notice.Severity.WARNING,
              "%s is refused by all%s, banned by %d of %d: %s"
                  .formatted(
                      name(peer),
                      until.map(end -> " for " + minutes(now, end)).orElse(""),
                      standing.bannedBy(),
                      standing.judges(),
                      standing.reason()),
              now));
    } else if (standing.bannedBy() > 0 && banned.size() < PEERS_KNOWN_MAX && banned.add(peer)) {
      PeerStatus.Judgement first = standing.judgements().getFirst();
      monitor.event(
          new Notice(
              Notice.Severity.WARNING,
              "%s was banned by %s: %s".formatted(name(peer), first.by(), first.reason()),
              now));
    }
  }

  private static String minutes(Instant now, Instant end) {
    return Math.max(1, Math.ceilDiv(Duration.between(now, end).toSeconds(), 60)) + " min";
  }

  private String name(PeerId peer) {
    String name = names.getOrDefault(peer, "");
    return name.isBlank() ? peer.shortName() : name;
  }

  private PeerStatus status(
      PeerProgress peer,
      PeerStatus.State state,
      long totalOfAll,
      Optional<PeerTraffic> traffic,
      PeerStatus.Standing standing,
      Instant now) {
    RoundNotes posted = notes.get(peer.peer());
    return new PeerStatus(
        peer.peer().toString(),
        peer.name(),
        peer.role().word(),
        peer.device(),
        false,
        state,
        new PeerStatus.Work(
            peer.epoch(),
            peer.samples(),
            peer.samplesTotal(),
            peer.samplesPerSecond(),
            peer.tokensPerSecond(),
            totalOfAll == 0 ? 0 : (double) peer.samplesTotal() / totalOfAll,
            peer.loss()),
        new PeerStatus.Link(
            traffic.isEmpty()
                ? PeerStatus.Path.UNKNOWN
                : traffic.get().relayed() ? PeerStatus.Path.RELAYED : PeerStatus.Path.DIRECT,
            posted == null ? Double.NaN : knownRate(posted.uploadBytesPerSecond()),
            posted == null ? Double.NaN : knownRate(posted.downloadBytesPerSecond()),
            peer.bytesSent(),
            peer.bytesReceived(),
            traffic
                .flatMap(PeerTraffic::roundTrip)
                .map(trip -> trip.toNanos() / 1e9)
                .orElse(Double.NaN)),
        standing,
        peer.digest(),
        now);
  }

  private static double knownRate(double bytesPerSecond) {
    return bytesPerSecond > 0 ? bytesPerSecond : Double.NaN;
  }

  /** Nobody trains until as many are there as the run begins with. */
  private static boolean beforeTheStart(PeerProgress peer) {
    return peer.activity().equals("WAITING") && peer.epoch() == 0 && peer.samples() == 0;
  }

  private static String next(PeerProgress peer) {
    return peer.takesPart() ? "the next round" : "the next step";
  }

  private static PeerStatus.State state(PeerProgress peer, Optional<Instant> bannedUntil) {
    return switch (peer.activity().toUpperCase(Locale.ROOT)) {
      case "AVERAGING" -> PeerStatus.State.of(PeerStatus.Activity.AVERAGING);
      case "AUDITING" -> PeerStatus.State.of(PeerStatus.Activity.AUDITING);
      case "DOWNLOADING" -> PeerStatus.State.of(PeerStatus.Activity.DOWNLOADING);
      case "BANNED" -> PeerStatus.State.waiting("the end of its ban", bannedUntil.orElse(null));
      case "WAITING" ->
          PeerStatus.State.waiting(beforeTheStart(peer) ? "more trainers" : next(peer), null);
      default -> PeerStatus.State.of(PeerStatus.Activity.TRAINING);
    };
  }
}
