package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
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
final class Pantry extends Askers<Pantry.Guest> {
  static final String PROTOCOL = "/potluck/detour/1";
  private static final int LINKS_MAX = 256;

  /** A detour of each stage, and as many that are on their way out. */
  private static final int LINKS_PER_PEER_MAX = 2 * Course.STAGES_MAX;

  /** Chunks that one link waits for at a time. */
  private static final int CHUNKS_MAX = 16;

  private record Wish(String name, int stage) {}

  /** One who is on a detour: what it asks about, and the chunks that it has not been sent yet. */
  static final class Guest {
    private Wish wish = new Wish("", -1);
    private final Deque<Integer> chunks = new ArrayDeque<>();
  }

  private final Map<String, Passage> passages = new LinkedHashMap<>();

  Pantry(Network network) {
    super(network, PROTOCOL, Guest::new);
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
    return links() < LINKS_MAX
        && linksOf(peer) < LINKS_PER_PEER_MAX
        && passages.values().stream().anyMatch(passage -> isMet(passage, peer));
  }

  @Override
  void hello(Link link, Guest guest, HelloMessage hello) {
    Wish wish =
        new Wish(HexFormat.of().formatHex(hello.getRoundId().toByteArray()), hello.getStage());
    if (!wish.equals(guest.wish)) {
      guest.chunks.clear();
      guest.wish = wish;
    }
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
  void fetch(Link link, Guest guest, FetchMessage fetch) throws FrameException {
    if (guest.chunks.size() + fetch.getChunksCount() > CHUNKS_MAX) {
      throw new FrameException("asks for more chunks than it is sent");
    }
    guest.chunks.addAll(fetch.getChunksList());
    serve(link, guest);
  }

  /** No more than the stream takes: whoever asks may be one who does not read. */
  private void serve(Link link, Guest guest) throws FrameException {
    while (link.stream().writable() && !guest.chunks.isEmpty()) {
      int chunk = guest.chunks.remove();
      Passage passage = passage(guest.wish, link.stream().remote());
      Averages averages = passage == null ? null : passage.averages(guest.wish.stage());
      ByteBuffer body = averages == null ? null : averages.bodyOf(chunk);
      if (body == null) {
        throw new FrameException("asks for chunk " + chunk + ", which is not here");
      }
      link.write(Frames.header(FrameKind.AVERAGE, body.remaining()));
      link.write(body);
    }
  }

  @Override
  public void writable(Link link) {
    Guest guest = asker(link);
    if (guest == null) {
      return;
    }
    try {
      serve(link, guest);
    } catch (FrameException e) {
      broken(link, String.valueOf(e.getMessage()));
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
    return isMet(passage, from) ? passage : null;
  }

  private static boolean isMet(Passage passage, PeerId peer) {
    return passage.course().stages().stream().anyMatch(stage -> stage.indexOf(peer) >= 0);
  }
}
