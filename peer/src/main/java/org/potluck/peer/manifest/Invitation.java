package org.potluck.peer.manifest;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.potluck.network.Multiaddr;

/**
 * The one line of text that lets a volunteer join: {@code potluck://<run id>?peer=<multiaddr>&...}.
 *
 * @param runId 40 hexadecimal digits
 * @param peers addresses of peers of the run, each ending in {@code /p2p/<peer id>}; one or more
 */
public record Invitation(String runId, List<Multiaddr> peers) {
  private static final String SCHEME = "potluck://";
  private static final Pattern RUN_ID = Pattern.compile("[0-9a-f]{40}");
  private static final int PEERS_MAX = 32;

  public Invitation {
    peers = List.copyOf(peers);
    if (!RUN_ID.matcher(runId).matches()) {
      throw new IllegalArgumentException("not a run id: '" + runId + "'");
    }
    if (peers.isEmpty() || peers.size() > PEERS_MAX) {
      throw new IllegalArgumentException("an invitation names 1 to 32 peers, not " + peers.size());
    }
  }

  /**
   * An invitation that others can use: every address but loopback ones, unless there are no others,
   * because then the run stays on this machine.
   */
  public static Invitation to(String runId, List<Multiaddr> addresses) {
    List<Multiaddr> reachable =
        addresses.stream().filter(address -> !address.isLoopback()).limit(PEERS_MAX).toList();
    return new Invitation(runId, reachable.isEmpty() ? addresses : reachable);
  }

  public static Invitation parse(String text) throws ManifestException {
    String line = unquoted(text.strip());
    if (!line.startsWith(SCHEME)) {
      throw new ManifestException(
          "not an invitation: it has to start with " + SCHEME + "; copy the whole line");
    }
    int query = line.indexOf('?');
    String runId = line.substring(SCHEME.length(), query < 0 ? line.length() : query);
    List<Multiaddr> peers = new ArrayList<>();
    for (String part : query < 0 ? new String[0] : line.substring(query + 1).split("&", -1)) {
      if (!part.startsWith("peer=")) {
        throw new ManifestException("the invitation has an unknown part '" + part + "'");
      }
      peers.add(address(part.substring("peer=".length())));
    }
    try {
      return new Invitation(runId, peers);
    } catch (IllegalArgumentException e) {
      throw new ManifestException(
          "the invitation is damaged (" + e.getMessage() + "); copy the whole line");
    }
  }

  /** The line is shown in quotes, and people copy those, or one of them. */
  private static String unquoted(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && "'\"<`".indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    while (to > from && "'\">`".indexOf(text.charAt(to - 1)) >= 0) {
      to--;
    }
    return text.substring(from, to);
  }

  private static Multiaddr address(String text) throws ManifestException {
    try {
      Multiaddr address = Multiaddr.parse(text);
      if (address.peer().isEmpty()) {
        throw new ManifestException(
            "the invitation's address " + text + " lacks its /p2p/<peer id>; copy the whole line");
      }
      return address;
    } catch (IllegalArgumentException e) {
      throw new ManifestException(
          "the invitation's address is damaged: " + e.getMessage() + "; copy the whole line");
    }
  }

  @Override
  public String toString() {
    return SCHEME
        + runId
        + peers.stream().map(peer -> "peer=" + peer).collect(Collectors.joining("&", "?", ""));
  }
}
