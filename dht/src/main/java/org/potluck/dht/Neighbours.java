package org.potluck.dht;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.kad.KadServer;
import org.potluck.dht.kad.PeerFinder;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.NodeInfo;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Allowance;
import org.potluck.dht.routing.Blacklist;
import org.potluck.dht.routing.Contact;
import org.potluck.dht.routing.Neighbourhood;
import org.potluck.dht.routing.RoutingTable;
import org.potluck.dht.routing.Standing;
import org.potluck.network.Network;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/**
 * The other nodes as this one sees them: calls them, and learns from every call who is there, how
 * fast, and at which addresses.
 */
final class Neighbours implements Calls.Listener {
  private final Network network;
  private final Calls calls;
  private final DhtOptions options;
  private final DhtId self;
  private final RoutingTable table;
  private final Blacklist blacklist = new Blacklist();
  private final Standing standing = new Standing();

  private final Introductions introductions;
  private final Allowance allowance;
  private final PeerFinder finder;
  private final RoundTrips connected;
  private final RoundTrips dialed;
  private Consumer<Contact> newcomers = _ -> {};

  Neighbours(Network network, Rpc rpc, DhtOptions options) {
    this.network = network;
    this.options = options;
    self = DhtId.ofPeer(network.self());
    table =
        new RoutingTable(self, options.bucketSize(), options.depthModulo(), network.loop().now());
    connected = new RoundTrips(options.callTimeout());
    dialed = new RoundTrips(options.callTimeout());
    allowance = new Allowance(options.callerBurst(), options.callerPerSecond());
    finder = new PeerFinder(network, this::peers, options.callTimeout());
    introductions = new Introductions(network, self, options.clientOnly());
    calls = new Calls(rpc, network, finder, options.callTimeout(), this::ourInfo, this);
    KadServer.serve(network, this::peers, caller -> admits(caller, 1));
  }

  private List<PeerId> peers() {
    return table.contacts().stream().map(Contact::peer).toList();
  }

  /**
   * Finds out at which addresses {@code peer} can be dialed; completes with whether it is known.
   */
  CompletableFuture<Boolean> locate(PeerId peer) {
    return finder.find(peer);
  }

  /** Whether {@code caller} may ask for {@code count} things now. */
  boolean admits(PeerId caller, int count) {
    Instant now = network.loop().now();
    if (standing.shutOut(caller, now)) {
      return false;
    }
    boolean granted = allowance.take(caller, count, now);
    if (!granted) {
      misdeed(caller, Standing.Misdeed.FLOODED);
    }
    return granted;
  }

  /** Takes note of what {@code peer} did; one that is shut out leaves the table. */
  void misdeed(PeerId peer, Standing.Misdeed misdeed) {
    standing.did(peer, misdeed, network.loop().now());
    if (standing.shutOut(peer, network.loop().now())) {
      table.idOf(peer).ifPresent(table::remove);
    }
  }

  Calls calls() {
    return calls;
  }

  /** Tells {@code listener} of every node that finds a place in the table. */
  void onNewcomer(Consumer<Contact> listener) {
    newcomers = listener;
  }

  DhtId self() {
    return self;
  }

  RoutingTable table() {
    return table;
  }

  /** How long {@code peer} may take before others are asked in its place. */
  Duration patience(PeerId peer) {
    return connectedTo(peer) ? connected.patience() : dialed.patience();
  }

  /** The same for a peer of which nothing is known. */
  Duration patience() {
    return dialed.patience();
  }

  private boolean connectedTo(PeerId peer) {
    return network.traffic(peer).isPresent();
  }

  /** Whether {@code peer} was silent lately, or is shut out. */
  boolean banned(PeerId peer) {
    Instant now = network.loop().now();
    return blacklist.banned(peer, now) || standing.shutOut(peer, now);
  }

  /** Takes note that {@code peer} did not answer. */
  private void silent(PeerId peer) {
    table.idOf(peer).ifPresent(table::remove);
    blacklist.failed(peer, network.loop().now());
  }

  /** Whether the swarm is so small that no bucket was ever full. */
  boolean knowsEverybody() {
    return table.size() < options.bucketSize();
  }

  /** Whether others may put this node into their tables. */
  boolean listed() {
    return !options.clientOnly() && !network.addresses().isEmpty();
  }

  /** What this node says of itself in every call. */
  NodeInfo ourInfo() {
    return introductions.ours();
  }

  @Override
  public void answered(PeerId peer, NodeInfo info, boolean dialedFirst, Duration took) {
    (dialedFirst ? dialed : connected).measured(took);
    heard(peer, info);
  }

  /**
   * A node that says nothing leaves the table at once; one that refuses, or sends more than we
   * take, lives and stays.
   */
  @Override
  public void failed(PeerId peer, Reason reason) {
    switch (reason) {
      case UNREACHABLE, TIMED_OUT, CLOSED, WRONG_PEER, UNSUPPORTED_PROTOCOL -> silent(peer);
      case PROTOCOL_VIOLATION -> misdeed(peer, Standing.Misdeed.MALFORMED);
      case REMOTE_ERROR, TOO_LARGE, LIMITED -> {}
    }
  }

  /** Takes in what {@code peer} says of itself, it having called or answered just now. */
  void heard(PeerId peer, NodeInfo info) {
    // Whoever calls is no longer silent; after a partition nobody else would say so for long.
    blacklist.answered(peer);
    introductions.remember(peer, info.getAddressesList());
    Optional<DhtId> id = id(info.getNodeId());
    if (id.isEmpty()
        || peer.equals(network.self())
        || standing.shutOut(peer, network.loop().now())) {
      return;
    }
    Contact contact = Contact.of(id.get(), peer);
    if (table.heardAgain(contact, network.loop().now())) {
      return;
    }
    switch (table.heard(
        contact, Neighbourhood.of(network.addressesOf(peer)), network.loop().now())) {
      case RoutingTable.Heard.Known _ -> {}
      case RoutingTable.Heard.Added _ -> newcomers.accept(contact);
      // A call that fails removes the silent node, and the newcomer moves up.
      case RoutingTable.Heard.Full(Contact leastRecent) -> {
        if (probing == null) {
          probing = leastRecent.peer();
          var _ = calls.ping(leastRecent.peer()).whenComplete((_, _) -> probing = null);
        }
      }
    }
  }

  /** The one node that is being asked whether it still holds its place in a full bucket. */
  private @Nullable PeerId probing;

  /** The nodes that an answer names; malformed ones left out. */
  List<Contact> contacts(FindResult result) {
    int count = Math.min(result.getNearestNodeIdsCount(), result.getNearestPeerIdsCount());
    List<Contact> contacts = new ArrayList<>();
    for (int i = 0; i < Math.min(count, 2 * options.bucketSize()); i++) {
      Optional<DhtId> id = id(result.getNearestNodeIds(i));
      Optional<PeerId> peer = peer(result.getNearestPeerIds(i));
      if (id.isEmpty() || peer.isEmpty() || peer.get().equals(network.self())) {
        continue;
      }
      Contact known = table.known(id.get(), peer.get());
      if (known == null && i < result.getNearestAddressesCount()) {
        introductions.hear(peer.get(), result.getNearestAddresses(i));
      }
      contacts.add(known == null ? Contact.of(id.get(), peer.get()) : known);
    }
    return contacts;
  }

  /** The same without this node itself, and without those that were silent lately. */
  List<Contact> strangers(FindResult result) {
    return living(contacts(result));
  }

  /** Those of {@code contacts} that were not silent lately. */
  List<Contact> living(List<Contact> contacts) {
    List<Contact> living = new ArrayList<>(contacts.size());
    for (Contact contact : contacts) {
      if (!contact.id().equals(self) && !banned(contact.peer())) {
        living.add(contact);
      }
    }
    return living;
  }

  /** Adds the {@code count} nodes nearest to {@code key} to an answer for {@code caller}. */
  void addNearest(FindResult.Builder result, DhtId key, int count, PeerId caller) {
    DhtId except = table.idOf(caller).orElse(null);
    Instant now = network.loop().now();
    for (Contact contact : table.nearest(key, count, except)) {
      Introductions.Name name = introductions.of(contact, now);
      result.addNearestNodeIds(name.id());
      result.addNearestPeerIds(name.peer());
      result.addNearestAddresses(name.addresses());
    }
  }

  @Override
  public void calling(PeerId peer) {
    introductions.calling(peer);
  }

  private static Optional<DhtId> id(ByteString bytes) {
    return bytes.size() == DhtId.BYTES ? Optional.of(DhtId.ofBytes(bytes)) : Optional.empty();
  }

  private static Optional<PeerId> peer(ByteString bytes) {
    try {
      return bytes.size() <= PeerId.BYTES_MAX
          ? Optional.of(PeerId.ofBytes(bytes.toByteArray()))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
