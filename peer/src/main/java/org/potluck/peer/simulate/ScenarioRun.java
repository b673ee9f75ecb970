package org.potluck.peer.simulate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.state.StateClient;
import org.potluck.network.Multiaddr;
import org.potluck.network.simulation.FaultInjector;
import org.potluck.network.simulation.Faults;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.Note;
import org.potluck.network.simulation.Partition;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.report.RunReport;
import org.potluck.peer.simulate.Outcome.HeldOut;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/**
 * One run of a scenario: faults, then healing, then the sum of it all.
 *
 * <p>The first peer is the one whose address the invitation names. It does not lie and dies only
 * where the scenario says so, but the swarm may be parted from it.
 */
final class ScenarioRun {
  private static final int HELD_OUT_SAMPLES = 2048;

  private final Scenario scenario;
  private final Simulation simulation;
  private final Faults faults;
  private final ModelMaker models;
  private final FaultInjector injector;
  private final Map<String, Participant> participants = new LinkedHashMap<>();
  private List<Multiaddr> invitation = List.of();
  private @Nullable Spectator spectator;
  private Consumer<Supplier<String>> progress = status -> {};

  ScenarioRun(Scenario scenario, long seed, ModelMaker models) {
    this.scenario = scenario;
    this.models = models;
    simulation = new Simulation(seed, NetworkConditions.usual());
    faults = scenario.drawFaults() ? Faults.drawn(simulation.random("faults")) : scenario.faults();
    injector = FaultInjector.start(simulation, faults, this::revive);
    int magnification = scenario.run().magnification();
    if (magnification > 1) {
      simulation.magnify("/potluck/reduce/2", magnification);
      simulation.magnify("/potluck/review/1", magnification);
      simulation.magnify(StateClient.CHUNK_PROTOCOL, magnification);
    }
  }

  /** Hears the story while it happens. */
  void onNote(Consumer<Note> listener) {
    simulation.onNote(listener);
  }

  /** Lets somebody look on from the beginning. */
  void watchedBy(Spectator watching) {
    spectator = watching;
    simulation.onNote(watching::note);
    watching.begin(scenario, faults, simulation.seed());
  }

  /** Tells {@code listener} after every simulated second where the run is. */
  void onProgress(Consumer<Supplier<String>> listener) {
    progress = listener;
  }

  Outcome run() {
    RandomGenerator random = simulation.random("sessions");
    int index = 0;
    for (Scenario.PeerClass peerClass : scenario.swarm().drawn(random)) {
      enter(index++, peerClass, random);
    }
    Scenario.Split split = scenario.split();
    if (split.share() > 0) {
      simulation.at(split.from(), () -> split(split));
    }
    advance(scenario.time().faults());
    if (!scenario.time().healing().isZero()) {
      injector.heal();
      advance(scenario.time().healing());
    }
    Duration now = simulation.elapsed();
    List<HeldOut> heldOut = heldOut();
    participants.values().forEach(each -> each.end(now));
    return new Outcome(
        report(now), faults, simulation.timelineHash(), simulation.events(), heldOut);
  }

  /** Lets time pass, no longer than until everybody has done what was to be done. */
  private void advance(Duration time) {
    Duration end = simulation.elapsed().plus(time);
    while (simulation.elapsed().compareTo(end) < 0 && !complete()) {
      Duration left = end.minus(simulation.elapsed());
      Duration step = Duration.ofSeconds(1);
      simulation.runFor(left.compareTo(step) < 0 ? left : step);
      progress.accept(this::status);
      if (spectator != null) {
        spectator.look(words(), simulation.elapsed());
      }
    }
  }

  private String status() {
    return "simulated %d of %d seconds: %d peers, epoch %d"
        .formatted(
            simulation.elapsed().toSeconds(),
            scenario.time().faults().plus(scenario.time().healing()).toSeconds(),
            participants.values().stream().filter(Participant::there).count(),
            participants.values().stream().mapToLong(Participant::epoch).max().orElse(0));
  }

  private List<PeerProgress> words() {
    return participants.values().stream().flatMap(each -> each.word().stream()).toList();
  }

  private boolean complete() {
    return scenario.run().epochs() > 0
        && participants.size() == scenario.swarm().peers()
        && honest().allMatch(each -> !each.there() || each.complete())
        && honest().anyMatch(Participant::complete);
  }

  private Stream<Participant> honest() {
    return participants.values().stream().filter(each -> each.peerClass.attack() == Attack.NONE);
  }

  /** How well the model that is furthest among honest peers does on what each of them reads. */
  private List<HeldOut> heldOut() {
    Map<Portion, Integer> readers = new LinkedHashMap<>();
    honest().forEach(each -> readers.merge(each.portion, 1, Integer::sum));
    Optional<TrainerState> furthest =
        honest()
            .filter(Participant::there)
            .max(Comparator.comparingLong(Participant::epoch))
            .flatMap(Participant::model)
            .map(Trainer::state);
    List<HeldOut> heldOut = new ArrayList<>();
    furthest.ifPresent(
        state -> readers.forEach((portion, peers) -> heldOut.add(heldOut(state, portion, peers))));
    return heldOut;
  }

  private HeldOut heldOut(TrainerState state, Portion portion, int peers) {
    try (Trainer reader = models.make(scenario.run(), portion)) {
      reader.restore(state);
      return new HeldOut(portion.toString(), peers, reader.evaluate(HELD_OUT_SAMPLES));
    }
  }

  private void enter(int index, Scenario.PeerClass peerClass, RandomGenerator random) {
    String name = peerClass.name() + "-" + index;
    if (index == 0) {
      SimulatedNetwork first = simulation.addPeer(name, peerClass.profile());
      participants.put(name, new Participant(name, peerClass, portion(peerClass, index)));
      injector.exposeReliable(first);
      invitation = List.of(first.addresses().getFirst());
      begin(first);
      if (!scenario.swarm().firstStays().isZero()) {
        simulation.at(scenario.swarm().firstStays(), () -> simulation.crash(first));
      }
      return;
    }
    Duration arrival = uniform(random, peerClass.arriveWithin());
    simulation.at(arrival, () -> arrive(name, peerClass, portion(peerClass, index)));
  }

  private Portion portion(Scenario.PeerClass peerClass, int index) {
    return peerClass.ownPart()
        ? new Portion(peerClass.text(), index, scenario.swarm().peers())
        : Portion.whole(peerClass.text());
  }

  private void arrive(String name, Scenario.PeerClass peerClass, Portion portion) {
    SimulatedNetwork peer = simulation.addPeer(name, peerClass.profile());
    participants.put(name, new Participant(name, peerClass, portion));
    injector.expose(peer);
    begin(peer);
    leaveLater(peer, peerClass, simulation.random("sessions of " + name));
  }

  /** Sessions are of the machine, whatever befalls the peer on it meanwhile. */
  private void leaveLater(
      SimulatedNetwork peer, Scenario.PeerClass peerClass, RandomGenerator random) {
    if (!peerClass.stay().isZero()) {
      simulation.at(
          exponential(random, peerClass.stay()),
          () -> {
            injector.leaves(peer);
            if (!peerClass.away().isZero()) {
              simulation.at(
                  exponential(random, peerClass.away()), () -> comeBack(peer, peerClass, random));
            }
          });
    }
  }

  private void comeBack(
      SimulatedNetwork peer, Scenario.PeerClass peerClass, RandomGenerator random) {
    revive(injector.comesBack(peer));
    leaveLater(peer, peerClass, random);
  }

  private void revive(SimulatedNetwork reborn) {
    participant(reborn).end(simulation.elapsed());
    begin(reborn);
  }

  private void begin(SimulatedNetwork network) {
    Participant participant = participant(network);
    participant.begin(
        new Session(
            network,
            scenario.run(),
            participant.peerClass,
            models.make(scenario.run(), participant.portion),
            invitation,
            simulation.elapsed(),
            note -> tell(network, participant.peerClass, note)));
  }

  private void tell(SimulatedNetwork teller, Scenario.PeerClass peerClass, RoundNote note) {
    if (spectator != null) {
      spectator.round(teller.self(), peerClass, note, simulation.elapsed());
    }
  }

  private void split(Scenario.Split split) {
    List<SimulatedNetwork> there = new ArrayList<>();
    for (Participant participant : participants.values()) {
      SimulatedNetwork network = participant.network();
      if (network != null) {
        there.add(network);
      }
    }
    int smaller = (int) Math.round(there.size() * split.share());
    Partition parted =
        simulation.part(
            there.subList(there.size() - smaller, there.size()),
            there.subList(0, there.size() - smaller));
    simulation.at(split.until().minus(split.from()), parted::heal);
  }

  private Participant participant(SimulatedNetwork network) {
    Participant participant = participants.get(network.name());
    if (participant == null) {
      throw new IllegalStateException("nobody is called " + network.name());
    }
    return participant;
  }

  private RunReport report(Duration now) {
    List<PeerReport> peers = participants.values().stream().map(Participant::report).toList();
    return new RunReport(
        scenario.name() + " (simulated, seed " + simulation.seed() + ")",
        peers,
        peers.stream().mapToLong(PeerReport::epoch).max().orElse(0),
        now.toNanos() / 1e9,
        mean(peers.stream().mapToDouble(PeerReport::lossFirst).filter(Double::isFinite).average()),
        mean(peers.stream().mapToDouble(PeerReport::lossLast).filter(Double::isFinite).average()),
        "");
  }

  private static double mean(OptionalDouble value) {
    return value.orElse(Double.NaN);
  }

  private static Duration uniform(RandomGenerator random, Duration max) {
    return Duration.ofNanos(Math.round(random.nextDouble() * max.toNanos()));
  }

  private static Duration exponential(RandomGenerator random, Duration mean) {
    return Duration.ofNanos(Math.round(-mean.toNanos() * StrictMath.log(1 - random.nextDouble())));
  }
}
