package org.potluck.dht.kad;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.potluck.dht.proto.KadMessage;
import org.potluck.dht.proto.KadPeer;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/** Finds the addresses of peers of which only the id is known, by asking nearer and nearer ones. */
public final class PeerFinder {
  /** libp2p's name of the protocol. */
  public static final String PROTOCOL = "/ipfs/kad/1.0.0";

  private static final int AT_A_TIME = 3;
  private static final int ASKED_MAX = 24;

  /** Anybody can name peers without addresses; so much and no more may be set off by that. */
  private static final int FINDS_MAX = 8;

  private final Network network;
  private final Supplier<Collection<PeerId>> known;
  private final Duration timeout;
  private final KadSpace space = new KadSpace();
  private final Map<PeerId, Find> finds = new LinkedHashMap<>();

  /**
   * @param known peers to begin with
   * @param timeout for one question
   */
  public PeerFinder(Network network, Supplier<Collection<PeerId>> known, Duration timeout) {
    this.network = network;
    this.known = known;
    this.timeout = timeout;
  }

  /**
   * Completes with whether addresses of {@code target} are known now, which then stand in the
   * network's address book; never fails.
   */
  public CompletableFuture<Boolean> find(PeerId target) {
    if (!network.addressesOf(target).isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    Find running = finds.get(target);
    if (running != null) {
      return running.done.copy();
    }
    if (finds.size() >= FINDS_MAX) {
      return CompletableFuture.completedFuture(false);
    }
    Find find = new Find(target);
    finds.put(target, find);
    find.advance();
    return find.done.copy();
  }

  private final class Find {
    private final PeerId target;
    private final Set<PeerId> named = new LinkedHashSet<>();
    private final Set<PeerId> asked = new LinkedHashSet<>();
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private int waiting;

    Find(PeerId target) {
      this.target = target;
      named.addAll(known.get());
      named.addAll(network.connectedPeers());
      named.remove(network.self());
      named.remove(target);
    }

    void advance() {
      if (done.isDone()) {
        return;
      }
      boolean found = !network.addressesOf(target).isEmpty();
      if (!found) {
        for (PeerId peer : space.nearest(named, target.toBytes(), KadServer.NEAREST)) {
          if (waiting < AT_A_TIME && asked.size() < ASKED_MAX && asked.add(peer)) {
            waiting++;
            new Question(peer).ask();
          }
        }
      }
      if (found || waiting == 0) {
        finds.remove(target);
        done.complete(found);
      }
    }

    private void learn(KadMessage answer) {
      int count = Math.min(answer.getCloserPeersCount(), KadServer.NEAREST);
      for (KadPeer peer : answer.getCloserPeersList().subList(0, count)) {
        Optional<PeerId> id = id(peer.getId());
        if (id.isPresent() && !id.get().equals(network.self())) {
          List<byte[]> addresses = new ArrayList<>();
          peer.getAddressesList().forEach(one -> addresses.add(one.toByteArray()));
          remember(id.get(), Multiaddr.known(addresses));
        }
      }
    }

    private void remember(PeerId peer, List<Multiaddr> addresses) {
      List<Multiaddr> good =
          addresses.stream()
              .filter(one -> one.peer().map(peer::equals).orElse(true))
              .map(one -> one.withPeer(peer))
              .toList();
      if (!good.isEmpty()) {
        network.remember(peer, good);
        if (!peer.equals(target)) {
          named.add(peer);
        }
      }
    }

    /** One peer is asked once; whatever happens, {@link #over} runs once. */
    private final class Question implements KadStream.Owner {
      private final PeerId peer;
      private boolean over;

      Question(PeerId peer) {
        this.peer = peer;
      }

      void ask() {
        EventLoop.Timer timer = network.loop().schedule(timeout, this::ended);
        var _ =
            network
                .open(peer, PROTOCOL, timeout)
                .whenComplete(
                    (stream, failure) -> {
                      if (failure != null) {
                        timer.cancel();
                        ended();
                      } else {
                        KadStream.on(stream, this)
                            .say(
                                KadMessage.newBuilder()
                                    .setType(KadMessage.Type.FIND_NODE)
                                    .setKey(ByteString.copyFrom(target.toBytes()))
                                    .build());
                      }
                    });
      }

      @Override
      public void said(KadStream stream, KadMessage answer) {
        stream.close();
        if (!over) {
          learn(answer);
        }
        ended();
      }

      @Override
      public void ended() {
        if (!over) {
          over = true;
          waiting--;
          advance();
        }
      }
    }
  }

  private static Optional<PeerId> id(ByteString bytes) {
    try {
      return bytes.size() <= PeerId.BYTES_MAX
          ? Optional.of(PeerId.ofBytes(bytes.toByteArray()))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
