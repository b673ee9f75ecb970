package org.potluck.averaging;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.proto.CourseMessage;
import org.potluck.averaging.proto.GroupMessage;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.MemberMessage;
import org.potluck.averaging.proto.SignedCourseMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.FrameReader;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/**
 * A peer that claims the earliest time again and again, waits until enough have come, and then
 * tells each a course of its making. It takes no part in any exchange.
 */
final class LyingLeader {
  /** What it tells one that is ready, made of what a good leader would say. */
  interface Lie {
    JoinAnswerMessage told(CourseMessage.Builder good, LyingLeader liar, PeerId victim);
  }

  private static final String PROTOCOL = "/potluck/join/1";
  private static final Duration OFTEN = Duration.ofMillis(100);

  final SimulatedNetwork network;
  private final int enough;
  private final Lie lie;
  private final Map<PeerId, Stream> followers = new LinkedHashMap<>();
  private final Map<PeerId, JoinMessage> ready = new LinkedHashMap<>();
  private int rounds;

  /**
   * @param enough so many must be ready before it speaks
   * @param claims by victim, the key, epoch and model of the round that it looks for
   */
  LyingLeader(
      Simulation simulation,
      List<SimulatedNetwork> victims,
      int enough,
      Function<Integer, JoinMessage> claims,
      Lie lie) {
    this.network = simulation.addPeer(PeerProfile.datacenter());
    this.enough = enough;
    this.lie = lie;
    victims.forEach(victim -> network.remember(victim.self(), victim.addresses()));
    network.loop().execute(() -> network.handle(PROTOCOL, this::follow));
    network.loop().execute(() -> claim(victims, claims));
  }

  /** How often it told its tale. */
  int rounds() {
    return rounds;
  }

  private void claim(List<SimulatedNetwork> victims, Function<Integer, JoinMessage> claims) {
    for (int i = 0; i < victims.size(); i++) {
      JoinMessage claim =
          claims.apply(i).toBuilder()
              .setDeclaredMicros(1)
              .setReachable(true)
              .setAnnouncement(true)
              .addAllAddresses(network.addresses().stream().map(Multiaddr::toString).toList())
              .build();
      if (victims.get(i).alive()) {
        var _ =
            network
                .open(victims.get(i).self(), PROTOCOL, Duration.ofSeconds(1))
                .thenAccept(
                    stream -> {
                      stream.handler((from, data) -> data.position(data.limit()));
                      stream.write(Frames.of(FrameKind.JOIN, claim));
                      stream.closeWrite();
                    });
      }
    }
    network.loop().schedule(OFTEN, () -> claim(victims, claims));
  }

  private void follow(Stream stream) {
    FrameReader reader =
        new FrameReader(
            Frames.FRAMING,
            1 << 20,
            new FrameReader.Receiver() {
              @Override
              public void frame(int marker, ByteBuffer body) {
                joined(stream, marker, body);
              }

              @Override
              public void violation(String what) {
                stream.reset();
              }
            });
    stream.handler(
        new StreamHandler() {
          @Override
          public void received(Stream from, ByteBuffer data) {
            reader.feed(data);
          }

          @Override
          public void endOfInput(Stream from) {
            forget(from);
          }

          @Override
          public void closed(Stream from, StreamEnd how) {
            forget(from);
          }
        });
  }

  private void forget(Stream stream) {
    if (followers.remove(stream.remote(), stream)) {
      ready.remove(stream.remote());
    }
  }

  private void joined(Stream stream, int marker, ByteBuffer body) {
    try {
      JoinMessage message = Frame.of(marker, body).parse(JoinMessage.parser());
      followers.put(stream.remote(), stream);
      if (message.getReady()) {
        ready.put(stream.remote(), message);
      }
    } catch (FrameException e) {
      throw new IllegalStateException(e);
    }
    if (ready.size() >= enough) {
      rounds++;
      ready.keySet().forEach(this::tell);
      ready.clear();
      followers.clear();
    }
  }

  private void tell(PeerId victim) {
    Stream stream = followers.get(victim);
    if (stream != null) {
      stream.write(Frames.of(FrameKind.ANSWER, lie.told(good(), this, victim)));
      stream.closeWrite();
    }
  }

  static JoinAnswerMessage signed(CourseMessage.Builder course, Identity signer) {
    ByteString bytes = course.build().toByteString();
    ByteString prefix = ByteString.copyFrom("potluck-course:", StandardCharsets.US_ASCII);
    return JoinAnswerMessage.newBuilder()
        .setCourse(
            SignedCourseMessage.newBuilder()
                .setCourse(bytes)
                .setSignature(ByteString.copyFrom(signer.sign(prefix.concat(bytes).toByteArray()))))
        .build();
  }

  /** What a leader that reduces everything itself could say. */
  private CourseMessage.Builder good() {
    JoinMessage first = ready.values().iterator().next();
    ByteString name = ByteString.copyFrom(new byte[15]).concat(bytes((byte) rounds));
    GroupMessage.Builder group =
        GroupMessage.newBuilder()
            .setRoundId(name)
            .setKey(first.getKey())
            .setEpoch(first.getEpoch())
            .setLength(first.getLength())
            .setChunkValues(256)
            .setCodecUp(CodecId.NONE.wireNumber())
            .setCodecDown(CodecId.NONE.wireNumber())
            .addMembers(member(network.self(), 1, true, first.getLength()));
    ready.forEach(
        (peer, message) ->
            group.addMembers(member(peer, message.getWeight(), message.getReachable(), 0)));
    return CourseMessage.newBuilder()
        .setName(name)
        .setPeers(group.getMembersCount())
        .addStages(group);
  }

  private static ByteString bytes(byte last) {
    return ByteString.copyFrom(new byte[] {last});
  }

  static MemberMessage member(PeerId peer, double weight, boolean reachable, long share) {
    return MemberMessage.newBuilder()
        .setPeer(ByteString.copyFrom(peer.toBytes()))
        .setWeight(weight)
        .setReachable(reachable)
        .setShare(share)
        .build();
  }

  /** Peers that do not exist. */
  static List<MemberMessage> phantoms(int count, double weight) {
    return IntStream.range(0, count)
        .mapToObj(number -> phantom(number).toBuilder().setWeight(weight).build())
        .toList();
  }

  static MemberMessage phantom(int number) {
    return member(Identity.generate(new SplittableRandom(1000 + number)).peerId(), 0, true, 0);
  }
}
