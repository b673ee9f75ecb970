package org.potluck.averaging.exchange;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * Links on which others ask for something of a round, beside those of its exchange: HELLO says of
 * which, FETCH what.
 *
 * @param <W> what a HELLO comes to
 */
abstract class Askers<W> implements Link.Owner {
  private final W nothing;
  private final Map<Link, W> links = new LinkedHashMap<>();

  /**
   * @param nothing of links that have not said HELLO yet
   */
  Askers(Network network, String protocol, W nothing) {
    this.nothing = nothing;
    network.handle(protocol, this::accept);
  }

  /** Whether one link more is taken from {@code peer}. */
  abstract boolean admits(PeerId peer);

  abstract void hello(Link link, HelloMessage hello) throws FrameException;

  abstract void fetch(Link link, FetchMessage fetch) throws FrameException;

  private void accept(Stream stream) {
    Link link = new Link(stream, this);
    if (admits(stream.remote())) {
      links.put(link, nothing);
    } else {
      link.reset();
    }
  }

  /** How many links there are. */
  final int links() {
    return links.size();
  }

  /** How many of them are of {@code peer}. */
  final int linksOf(PeerId peer) {
    return (int)
        links.keySet().stream().filter(link -> link.stream().remote().equals(peer)).count();
  }

  final void asks(Link link, W what) {
    links.put(link, what);
  }

  final W asked(Link link) {
    return links.getOrDefault(link, nothing);
  }

  /** All that {@code link} asked for is written. */
  final void answered(Link link) {
    links.remove(link);
    link.close();
  }

  @Override
  public final void frame(Link link, Frame frame) throws FrameException {
    switch (frame.kind()) {
      case HELLO -> hello(link, frame.parse(HelloMessage.parser()));
      case FETCH -> fetch(link, frame.parse(FetchMessage.parser()));
      default -> throw new FrameException(frame.kind() + " from one who only asks");
    }
  }

  @Override
  public final void broken(Link link, String why) {
    links.remove(link);
    link.reset();
  }

  @Override
  public final void ended(Link link, StreamEnd end) {
    links.remove(link);
  }
}
