package org.potluck.network.simulation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;

/** Who is there, what lies between them, and what keeps them apart at present. */
final class Topology {
  private static final int NAMES_MAX = 8;

  private final List<Host> hosts = new ArrayList<>();
  private final Map<String, Host> byEndpoint = new LinkedHashMap<>();
  private final Map<Long, LinkProfile> links = new LinkedHashMap<>();
  private final List<Partition> partitions = new ArrayList<>();

  int size() {
    return hosts.size();
  }

  Host host(int index) {
    return hosts.get(index);
  }

  Host add(String name, Identity identity, PeerProfile profile) {
    Host host = new Host(hosts.size(), name, identity, profile);
    hosts.add(host);
    byEndpoint.put(Host.endpoint(host.index), host);
    return host;
  }

  /** The machine at {@code address}, whatever peer id stands at its end. */
  @Nullable Host hostAt(Multiaddr address) {
    String text = address.toString();
    int end = text.indexOf("/p2p/");
    return byEndpoint.get(end < 0 ? text : text.substring(0, end));
  }

  void link(Host one, Host other, LinkProfile link) {
    links.put(pair(one, other), link);
  }

  LinkProfile linkBetween(Host one, Host other) {
    LinkProfile link = links.get(pair(one, other));
    return link != null ? link : LinkProfile.between(one.profile, other.profile);
  }

  void begin(Partition partition) {
    partitions.add(partition);
  }

  void end(Partition partition) {
    partitions.remove(partition);
  }

  boolean lasts(Partition partition) {
    return partitions.contains(partition);
  }

  int partitions() {
    return partitions.size();
  }

  boolean parted(Host from, Host to) {
    for (Partition partition : partitions) {
      if (partition.separates(from.index, to.index)) {
        return true;
      }
    }
    return false;
  }

  /** Names for a message, the first few of them. */
  String names(BitSet indices) {
    String first =
        indices.stream()
            .limit(NAMES_MAX)
            .mapToObj(index -> host(index).name)
            .collect(Collectors.joining(", "));
    int rest = indices.cardinality() - NAMES_MAX;
    return rest > 0 ? first + " and " + rest + " more" : first;
  }

  /** Every end of every connection, host by host. */
  List<ConnectionEnd> ends() {
    List<ConnectionEnd> all = new ArrayList<>();
    for (Host host : hosts) {
      if (host.running != null) {
        all.addAll(host.running.ends());
      }
    }
    return all;
  }

  private static long pair(Host one, Host other) {
    return (long) Math.min(one.index, other.index) << 32 | Math.max(one.index, other.index);
  }
}
