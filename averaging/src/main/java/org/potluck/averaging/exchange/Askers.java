package org.potluck.averaging.exchange;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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
 * @param <A> what is known of one who asks
 */
abstract class Askers<A> implements Link.Owner {
  private final Supplier<A> newcomer;
  private final Map<Link, A> links = new LinkedHashMap<>();

  /**
   * @param newcomer of whom nothing is known yet
   */
  Askers(Network network, String protocol, Supplier<A> newcomer) {
    this.newcomer = newcomer;
    network.handle(protocol, this::accept);
  }

  /** Whether one link more is taken from {@code peer}. */
  abstract boolean admits(PeerId peer);

  abstract void hello(Link link, A asker, HelloMessage hello) throws FrameException;

  abstract void fetch(Link link, A asker, FetchMessage fetch) throws FrameException;

  private void accept(Stream stream) {
    Link link = new Link(stream, this);
    if (admits(stream.remote())) {
      links.put(link, newcomer.get());
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

  /** Who asks on {@code link}; null when it has ended. */
  final @Nullable A asker(Link link) {
    return links.get(link);
  }

  /** All that {@code link} asked for is written. */
  final void answered(Link link) {
    links.remove(link);
    link.close();
  }

  @Override
  public final void frame(Link link, Frame frame) throws FrameException {
    A asker = links.get(link);
    if (asker == null) {
      return;
    }
    switch (frame.kind()) {
      case HELLO -> hello(link, asker, frame.parse(HelloMessage.parser()));
      case FETCH -> fetch(link, asker, frame.parse(FetchMessage.parser()));
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
