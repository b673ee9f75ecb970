package org.potluck.averaging.matchmaking;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.dht.Dht;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * Spreads a declaration and hears those of others: directly among peers that know each other, in
 * the DHT for the rest.
 *
 * <p>Where everybody is known the group is complete long before a DHT would have answered, so the
 * DHT is only used when the search takes longer than that.
 */
final class Herald implements JoinStream.Owner {
  private static final Duration POLL_FIRST = Duration.ofMillis(500);
  private static final Duration POLL_LAST = Duration.ofSeconds(4);

  private final Surroundings around;
  private final Declaration own;
  private final Consumer<Declaration> hearer;
  private final Set<PeerId> told = new LinkedHashSet<>();
  private EventLoop.Timer timer;

  Herald(Surroundings around, Declaration own, Consumer<Declaration> hearer) {
    this.around = around;
    this.own = own;
    this.hearer = hearer;
    this.timer = around.loop().schedule(POLL_FIRST, () -> look(POLL_FIRST));
  }

  /** Tells those of {@code peers} that have not been told. */
  void announce(List<PeerId> peers) {
    JoinMessage message = own.message().toBuilder().setAnnouncement(true).build();
    for (PeerId peer : peers) {
      if (!peer.equals(around.self()) && told.add(peer)) {
        var _ =
            around
                .network()
                .open(peer, JoinStream.PROTOCOL, around.options().dialLimit())
                .thenAccept(
                    stream -> {
                      JoinStream join = new JoinStream(stream, this);
                      join.send(FrameKind.JOIN, message);
                      join.close();
                    });
      }
    }
  }

  /** What was announced is no longer so for all: the next announcement goes to everybody. */
  void forgetTold() {
    told.clear();
  }

  void stop() {
    timer.cancel();
  }

  private void look(Duration waited) {
    String key = own.message().getKey() + "." + own.message().getEpoch();
    Duration life = around.options().matchmakingLimit().multipliedBy(2);
    Duration next =
        waited.multipliedBy(2).compareTo(POLL_LAST) < 0 ? waited.multipliedBy(2) : POLL_LAST;
    // Said again at every look, so that it outlives a long wait.
    var _ = around.dht().publish(key, own.message().toByteArray(), around.now().plus(life));
    var _ = around.dht().entries(key).thenAccept(this::read);
    timer = around.loop().schedule(next, () -> look(next));
  }

  private void read(List<Dht.Entry> entries) {
    for (Dht.Entry entry : entries) {
      try {
        hearer.accept(
            Declaration.read(entry.owner(), JoinMessage.parser().parseFrom(entry.value())));
      } catch (InvalidProtocolBufferException | FrameException e) {
        // Its owner's mistake: nobody to follow.
      }
    }
  }

  @Override
  public void frame(JoinStream stream, Frame frame) {}

  @Override
  public void over(JoinStream stream) {}
}
