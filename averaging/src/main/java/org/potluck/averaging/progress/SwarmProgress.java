package org.potluck.averaging.progress;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Role;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.FrameReader;
import org.potluck.averaging.wire.Frames;
import org.potluck.dht.Dht;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;

/**
 * The progress of a run: says how far this peer is and hears how far the others are.
 *
 * <p>A record goes straight to every peer known, so that a swarm reacts within a round trip, and
 * now and then into the DHT, where newcomers find it and where whoever missed the direct word reads
 * it. Records expire; a peer that leaves says so.
 */
public final class SwarmProgress {
  private static final String PROTOCOL = "/potluck/progress/1";
  private static final Duration LIFETIME = Duration.ofSeconds(45);
  private static final Duration DHT_INTERVAL = Duration.ofSeconds(5);
  private static final Duration DIAL_LIMIT = Duration.ofSeconds(5);
  private static final int PEERS_MAX = 4096;

  private final Network network;
  private final Dht dht;
  private final String run;
  private final Map<PeerId, Heard> others = new TreeMap<>();
  private final Map<PeerId, Instant> left = new TreeMap<>();
  private final Map<PeerId, Stream> streams = new TreeMap<>();
  private final List<Runnable> listeners = new ArrayList<>();
  private @Nullable PeerProgress own;
  private boolean closed;

  /**
   * @param at when it was last heard of: it lives
   * @param since when it last said something new: its samples are extrapolated from here
   */
  private record Heard(PeerProgress progress, Instant at, Instant since) {}

  public SwarmProgress(Network network, Dht dht, String run) {
    this.network = network;
    this.dht = dht;
    this.run = run;
    network.handle(PROTOCOL, stream -> stream.handler(new Reader()));
    pollAfter(Duration.ZERO);
  }

  /** Calls {@code listener} on the loop whenever something new was heard. */
  public void listen(Runnable listener) {
    listeners.add(listener);
  }

  /**
   * Says how far this peer is; goes out at once. The newest word is repeated until {@link #close}.
   */
  public void report(PeerProgress progress) {
    boolean first = own == null;
    own = progress;
    push(progress.encode(run, false));
    if (first) {
      publish();
    }
  }

  /** A record of this peer with its link and addresses filled in. */
  public PeerProgress own(
      String name,
      Role role,
      long epoch,
      long samples,
      double samplesPerSecond,
      double loss,
      byte[] parameterDigest,
      org.potluck.network.Bandwidth upload,
      org.potluck.network.Bandwidth download) {
    List<Multiaddr> addresses = network.addresses().stream().limit(16).toList();
    return new PeerProgress(
        network.self(),
        name,
        role,
        epoch,
        samples,
        samplesPerSecond,
        loss,
        parameterDigest,
        upload,
        download,
        addresses,
        network.loop().now());
  }

  /** What is known now. */
  public SwarmState state() {
    Instant now = network.loop().now();
    others.values().removeIf(heard -> heard.at().plus(LIFETIME).isBefore(now));
    left.values().removeIf(at -> at.plus(LIFETIME).isBefore(now));
    Map<PeerId, Heard> all = new TreeMap<>(others);
    PeerProgress mine = own;
    if (mine != null) {
      all.put(mine.peer(), new Heard(mine, mine.at(), mine.at()));
    }
    long epoch = 0;
    for (Heard heard : all.values()) {
      epoch = Math.max(epoch, heard.progress().epoch());
    }
    double samples = 0;
    long reported = 0;
    double rate = 0;
    List<PeerProgress> peers = new ArrayList<>();
    for (Heard heard : all.values()) {
      PeerProgress peer = heard.progress();
      peers.add(peer);
      if (peer.epoch() == epoch && peer.role() == Role.TRAINER) {
        double since = Duration.between(heard.since(), now).toNanos() / 1e9;
        samples += peer.samples() + since * peer.samplesPerSecond();
        reported += peer.samples();
        rate += peer.samplesPerSecond();
      }
    }
    return new SwarmState(now, epoch, samples, reported, rate, peers);
  }

  /** Whether others work on a later epoch than this peer. */
  public boolean behind() {
    PeerProgress mine = own;
    return mine != null && state().epoch() > mine.epoch();
  }

  /** Forgets a peer that turned out to be dead, until it is heard of again. */
  public void forget(PeerId peer) {
    others.remove(peer);
    left.put(peer, network.loop().now());
  }

  /** Says good-bye and stops. */
  public void close() {
    closed = true;
    PeerProgress mine = own;
    if (mine != null) {
      push(mine.at(network.loop().now()).encode(run, true));
      var _ =
          dht.publish(
              key(),
              mine.at(network.loop().now()).encode(run, true),
              network.loop().now().plus(LIFETIME));
    }
    network.unhandle(PROTOCOL);
  }

  private String key() {
    return run + ".progress";
  }

  private void push(byte[] record) {
    ByteBuffer frame =
        Frames.begin(FrameKind.PROGRESS, record.length).put(record).flip().asReadOnlyBuffer();
    for (PeerId peer : List.copyOf(others.keySet())) {
      Stream stream = streams.get(peer);
      if (stream != null && stream.writable()) {
        stream.write(copy(frame));
      } else if (stream == null) {
        open(peer, frame);
      }
    }
  }

  private void open(PeerId peer, ByteBuffer frame) {
    var _ =
        network
            .open(peer, PROTOCOL, DIAL_LIMIT)
            .thenAccept(
                stream -> {
                  stream.handler(new Reader());
                  if (closed || streams.putIfAbsent(peer, stream) != null) {
                    stream.write(copy(frame));
                    stream.closeWrite();
                  } else {
                    stream.write(copy(frame));
                  }
                });
  }

  private static ByteBuffer copy(ByteBuffer frame) {
    return ByteBuffer.allocate(frame.remaining()).put(frame.duplicate()).flip();
  }

  private void publish() {
    PeerProgress mine = own;
    if (!closed && mine != null) {
      var _ =
          dht.publish(
              key(),
              mine.at(network.loop().now()).encode(run, false),
              network.loop().now().plus(LIFETIME));
      network.loop().schedule(DHT_INTERVAL, this::publish);
      push(mine.at(network.loop().now()).encode(run, false));
    }
  }

  private void pollAfter(Duration delay) {
    network
        .loop()
        .schedule(
            delay,
            () -> {
              if (!closed) {
                var _ =
                    dht.entries(key())
                        .thenAccept(
                            entries ->
                                entries.forEach(entry -> read(entry.owner(), entry.value())));
                pollAfter(others.isEmpty() ? Duration.ofSeconds(1) : DHT_INTERVAL);
              }
            });
  }

  private void read(PeerId peer, byte[] bytes) {
    PeerProgress.decode(peer, run, bytes).ifPresent(this::heard);
  }

  private void heard(PeerProgress.Received received) {
    PeerProgress progress = received.progress();
    PeerId peer = progress.peer();
    Heard known = others.get(peer);
    boolean newer = known == null || progress.at().isAfter(known.progress().at());
    Instant gone = left.get(peer);
    if (closed || peer.equals(network.self()) || !newer) {
      return;
    }
    if (received.leaving()) {
      others.remove(peer);
      left.put(peer, progress.at());
    } else if (gone == null || progress.at().isAfter(gone)) {
      if (known == null && others.size() >= PEERS_MAX) {
        return;
      }
      left.remove(peer);
      network.remember(peer, progress.addresses());
      Instant now = network.loop().now();
      Instant since = now;
      if (known != null
          && known.progress().epoch() == progress.epoch()
          && known.progress().samples() == progress.samples()) {
        since = known.since();
      }
      others.put(peer, new Heard(progress, now, since));
      PeerProgress mine = own;
      if (known == null && mine != null) {
        push(mine.at(network.loop().now()).encode(run, false));
      }
    } else {
      return;
    }
    List.copyOf(listeners).forEach(Runnable::run);
  }

  /** Hears records on a stream; what is no record ends the stream. */
  private final class Reader implements StreamHandler {
    private final FrameReader reader = new FrameReader(PeerProgress.MESSAGE_BYTES_MAX);

    @Override
    public void received(Stream stream, ByteBuffer data) {
      try {
        @Nullable Frame frame;
        while ((frame = reader.next(data)) != null) {
          if (frame.kind() != FrameKind.PROGRESS) {
            throw new FrameException(frame.kind() + " among progress records");
          }
          byte[] record = new byte[frame.body().remaining()];
          frame.body().get(record);
          read(stream.remote(), record);
        }
      } catch (FrameException e) {
        stream.reset();
      }
    }

    @Override
    public void endOfInput(Stream stream) {
      stream.closeWrite();
      streams.remove(stream.remote(), stream);
    }

    @Override
    public void closed(Stream stream, org.potluck.network.StreamEnd end) {
      streams.remove(stream.remote(), stream);
    }
  }
}
