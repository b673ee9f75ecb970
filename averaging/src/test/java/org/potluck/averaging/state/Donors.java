package org.potluck.averaging.state;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.trust.Ban;
import org.potluck.network.Bandwidth;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** A newcomer and some peers of a simulation that donate to it. */
final class Donors {
  static final String RUN = "a run";
  static final Duration LIMIT = Duration.ofMinutes(10);
  static final int VECTORS = 3;
  static final int VECTOR_VALUES = 100_001;

  /** Of the snapshots, cut into chunks of 16 KiB. */
  static final int CHUNKS = VECTORS * 25;

  final Simulation simulation;
  final SimulatedNetwork newcomer;
  final Rpc newcomerRpc;
  final List<SimulatedNetwork> networks = new ArrayList<>();
  final List<Rpc> rpcs = new ArrayList<>();
  final List<StateDonor> donors = new ArrayList<>();

  /** Whether all donors are in the middle of a round. */
  boolean averaging;

  /** What all donors know of their uplinks. */
  Bandwidth uplink = Bandwidth.NONE;

  /** What donor {@code i} has against a peer. */
  BiFunction<Integer, PeerId, Optional<Ban>> bans = (_, _) -> Optional.empty();

  /** Of whoever downloads from now on. */
  Notary notary = Notary.TRUSTING;

  /** Where they keep chunks; null for memory. */
  @Nullable Path folder;

  private @Nullable CompletableFuture<Snapshot> running;

  /** Every donor is slow enough that a download takes seconds. */
  Donors(long seed, int number, StateLimits limits) {
    this(seed, number, limits, PeerProfile.home());
  }

  Donors(long seed, int number, StateLimits limits, PeerProfile profile) {
    simulation =
        new Simulation(
            seed, NetworkConditions.usual().withDetection(Duration.ZERO, Duration.ofSeconds(2)));
    newcomer = simulation.addPeer(PeerProfile.datacenter());
    newcomerRpc = new Rpc(newcomer, newcomer.random());
    for (int i = 0; i < number; i++) {
      int donor = i;
      SimulatedNetwork network = simulation.addPeer(profile);
      Rpc rpc = new Rpc(network, network.random());
      networks.add(network);
      rpcs.add(rpc);
      donors.add(
          new StateDonor(
              network.loop(),
              rpc,
              RUN,
              limits,
              new RightOfWay(() -> averaging, () -> uplink),
              peer -> bans.apply(donor, peer),
              Runnable::run));
      newcomer.remember(network.self(), network.addresses());
    }
  }

  static StateLimits limits() {
    return StateLimits.usual(8 << 20).withChunkBytes(16 << 10);
  }

  List<PeerId> everybody() {
    return networks.stream().map(SimulatedNetwork::self).toList();
  }

  /** The state of {@code epoch}, the same from every donor. */
  static Snapshot snapshot(long epoch) {
    Random random = new Random(epoch);
    List<MemorySegment> vectors = new ArrayList<>();
    for (int v = 0; v < VECTORS; v++) {
      float[] values = new float[VECTOR_VALUES];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      vectors.add(MemorySegment.ofArray(values));
    }
    return new Snapshot(epoch, "digest " + epoch, vectors, new byte[] {1, 2, (byte) epoch});
  }

  void offer(int donor, Snapshot snapshot) {
    networks.get(donor).loop().execute(() -> donors.get(donor).offer(snapshot));
  }

  void offerAll(Snapshot snapshot) {
    for (int i = 0; i < donors.size(); i++) {
      offer(i, snapshot);
    }
  }

  CompletableFuture<Snapshot> download() {
    return download(limits(), -1, LIMIT);
  }

  CompletableFuture<Snapshot> download(StateLimits limits, long newerThan, Duration limit) {
    return download(newcomer, newcomerRpc, limits, newerThan, limit);
  }

  /** Another newcomer, which knows all donors. */
  SimulatedNetwork another() {
    SimulatedNetwork other = simulation.addPeer(PeerProfile.datacenter());
    networks.forEach(each -> other.remember(each.self(), each.addresses()));
    return other;
  }

  /** Another newcomer's download. */
  CompletableFuture<Snapshot> downloadAs(SimulatedNetwork other) {
    return download(other, new Rpc(other, other.random()), limits(), -1, LIMIT);
  }

  private CompletableFuture<Snapshot> download(
      SimulatedNetwork network, Rpc rpc, StateLimits limits, long newerThan, Duration limit) {
    CompletableFuture<Snapshot> result = new CompletableFuture<>();
    network
        .loop()
        .execute(
            () -> {
              CompletableFuture<Snapshot> begun =
                  new StateClient(
                          network.loop(),
                          rpc,
                          RUN,
                          limits,
                          notary,
                          network.random(),
                          folder,
                          Runnable::run)
                      .download(everybody(), newerThan, limit);
              running = begun;
              var _ =
                  begun.whenComplete(
                      (snapshot, trouble) -> {
                        if (trouble == null) {
                          result.complete(snapshot);
                        } else {
                          result.completeExceptionally(trouble);
                        }
                      });
            });
    return result;
  }

  /** Cancels the last download that began; on the loop. */
  void stop() {
    if (running != null) {
      boolean _ = running.cancel(false);
    }
  }

  <T> T await(CompletableFuture<T> download) {
    return simulation.await(download, Duration.ofHours(1));
  }

  /** Bytes that donor {@code i} has sent. */
  long sent(int i) {
    return networks.get(i).total().bytesSent();
  }
}
