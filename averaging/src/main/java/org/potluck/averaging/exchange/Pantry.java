package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/**
 * Gives the averages of a grid's stages to members whose own groups failed.
 *
 * <p>A stream asks for one stage: HELLO, answered by DONE (they are here), ALIVE (perhaps later) or
 * LACKS (they will not be), as often as it is sent; then FETCH, answered by the chunks.
 */
final class Pantry extends Askers<Pantry.Wish> {
  static final String PROTOCOL = "/potluck/detour/1";
  private static final int LINKS_MAX = 256;
  private static final int CHUNKS_MAX = 16;

  /** A stage of a round. */
  record Wish(String name, int stage) {}

  private final Map<String, Passage> passages = new LinkedHashMap<>();

  Pantry(Network network) {
    super(network, PROTOCOL, new Wish("", -1));
  }

  void open(Passage passage) {
    passages.put(passage.course().name(), passage);
  }

  void close(Passage passage) {
    passages.remove(passage.course().name(), passage);
    passage.close();
  }

  @Nullable Passage passage(String name) {
    return passages.get(name);
  }

  @Override
  boolean admits(PeerId peer) {
    return links() < LINKS_MAX;
  }

  @Override
  void hello(Link link, HelloMessage hello) {
    Wish wish =
        new Wish(HexFormat.of().formatHex(hello.getRoundId().toByteArray()), hello.getStage());
    asks(link, wish);
    Passage passage = passage(wish, link.stream().remote());
    if (passage == null || passage.lacks(wish.stage())) {
      link.write(Frames.of(FrameKind.LACKS));
    } else if (passage.averages(wish.stage()) == null) {
      link.write(Frames.of(FrameKind.ALIVE));
    } else {
      link.write(Frames.of(FrameKind.DONE, DoneMessage.getDefaultInstance()));
    }
  }

  @Override
  void fetch(Link link, FetchMessage fetch) throws FrameException {
    Wish wish = asked(link);
    Passage passage = passage(wish, link.stream().remote());
    Averages averages = passage == null ? null : passage.averages(wish.stage());
    if (averages == null || fetch.getChunksCount() > CHUNKS_MAX) {
      throw new FrameException("asks for what is not here");
    }
    for (int chunk : fetch.getChunksList()) {
      ByteBuffer body = averages.bodyOf(chunk);
      if (body == null) {
        throw new FrameException("asks for chunk " + chunk);
      }
      link.write(Frames.header(FrameKind.AVERAGE, body.remaining()));
      link.write(body);
    }
  }

  /** Only those that were met on the way are answered. */
  private @Nullable Passage passage(Wish wish, PeerId from) {
    Passage passage = passages.get(wish.name());
    boolean sound =
        passage != null && wish.stage() >= 0 && wish.stage() < passage.course().stages().size();
    if (passage == null || !sound) {
      return null;
    }
    boolean met =
        passage.course().members(passage.course().stages().size()).stream()
            .anyMatch(member -> member.peer().equals(from));
    return met ? passage : null;
  }
}
