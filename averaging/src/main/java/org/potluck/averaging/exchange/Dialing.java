package org.potluck.averaging.exchange;

import java.util.concurrent.CompletableFuture;
import org.potluck.averaging.PeerFault;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/**
 * Gets a link to each of the others, or finds out that there will be none.
 *
 * <p>Of two members one dials, as the plan has it ({@link Roster#dials}), and opens both links, at
 * once; the other waits. Who waits has no stream yet that could break, so when it hears that the
 * other may be gone it looks for itself whether it is there.
 */
final class Dialing {
  /** What comes of it. */
  interface Effects {
    /** There is a link to {@code other}, of which nothing has been read yet. */
    void linked(Neighbour other, Link link);

    /** There will be none. */
    void lose(int member, PeerFault fault);
  }

  private final Network network;
  private final Round round;
  private final Roster roster;
  private final Link.Owner owner;
  private final Effects effects;

  /**
   * @param owner of the links
   */
  Dialing(Network network, Round round, Roster roster, Link.Owner owner, Effects effects) {
    this.network = network;
    this.round = round;
    this.roster = roster;
    this.owner = owner;
    this.effects = effects;
  }

  /** Dials those that wait for this member. */
  void begin() {
    for (Neighbour other : roster.others()) {
      if (roster.dials(other.index)) {
        dial(other);
      }
    }
  }

  private void dial(Neighbour other) {
    dial(other, Rounds.CONTROL);
    dial(other, Rounds.PROTOCOL);
  }

  private void dial(Neighbour other, String protocol) {
    Member member = round.member(other.index);
    var _ =
        open(member, protocol)
            .whenComplete(
                (stream, failure) -> {
                  if (failure != null) {
                    effects.lose(other.index, new PeerFault.Silent(member.peer(), "dialing"));
                  } else {
                    opened(other, stream);
                  }
                });
  }

  private CompletableFuture<Stream> open(Member member, String protocol) {
    network.remember(member.peer(), member.addresses());
    return network.open(member.peer(), protocol, round.options.dialLimit());
  }

  private void opened(Neighbour other, Stream stream) {
    Link link = new Link(stream, owner);
    if (round.over() || other.lost) {
      link.reset();
      return;
    }
    link.write(round.group.hello());
    effects.linked(other, link);
  }

  /** A peer has opened a link for this round. */
  void accept(Link link) {
    int index = round.group.indexOf(link.stream().remote());
    boolean expected =
        index >= 0
            && isAwaited(roster.at(index))
            && !roster.at(index).has(link.carriesChunks())
            && !roster.dead.get(index);
    if (!expected) {
      link.reset();
      return;
    }
    effects.linked(roster.at(index), link);
    link.bind(owner);
  }

  /** The connection to {@code peer} is gone, and the link that it was to open may never come. */
  void disconnected(PeerId peer) {
    int index = round.group.indexOf(peer);
    if (index >= 0) {
      seek(roster.at(index));
    }
  }

  /**
   * Looks whether a member is there at all that has not opened its link yet. One that cannot be
   * dialed is given a moment to come back.
   */
  void seek(Neighbour other) {
    if (!isAwaited(other)) {
      return;
    }
    Member member = round.member(other.index);
    PeerFault fault = new PeerFault.Silent(member.peer(), "connecting");
    if (!member.reachable()) {
      round.later(
          round.options.silenceLimit().dividedBy(4),
          () -> {
            if (isAwaited(other)) {
              effects.lose(other.index, fault);
            }
          });
      return;
    }
    var _ =
        open(member, Rounds.PROTOCOL)
            .whenComplete(
                (stream, _) -> {
                  if (stream != null) {
                    new Link(stream, owner).reset(); // It lives, and will open its own.
                  } else if (isAwaited(other)) {
                    effects.lose(other.index, fault);
                  }
                });
  }

  /** Whether a member that lives, as far as is known, is still to open a link. */
  private boolean isAwaited(Neighbour other) {
    return !round.over()
        && !other.lost
        && !other.reached()
        && roster.hasLink(other.index)
        && !roster.dials(other.index);
  }
}
