package org.potluck.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.libp2p.Libp2pNetwork;
import org.potluck.network.libp2p.NettyLoop;
import org.potluck.network.proto.IdentifyMessage;

/** Everything above the handshake with js-libp2p: both securities, whoever dials, both openers. */
@Timeout(120)
@SuppressWarnings("FutureReturnValueIgnored") // What is not awaited shows in what is.
class JsLibp2pTest {
  private static final long MEGABYTES = 64 << 20;
  private static final PeerId STRANGER = Identity.generate(new Random(2)).peerId();

  @EveryWay
  void pings(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      byte[] ping = new byte[32];
      new SplittableRandom(4).nextBytes(ping);
      CompletableFuture<byte[]> pong = new CompletableFuture<>();
      Stream stream = meeting.open("/ipfs/ping/1.0.0", gathering(32, pong));
      meeting.on(
          () -> {
            stream.write(ByteBuffer.wrap(ping));
            return true;
          });
      assertThat(pong.get(60, TimeUnit.SECONDS)).isEqualTo(ping);

      meeting.js.say("ping");
      assertThat(Integer.parseInt(meeting.js.next("pinged"))).isBetween(0, 60_000);
    }
  }

  @EveryWay
  void jsLearnsWhoWeAre(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      JsonNode seen = new ObjectMapper().readTree(meeting.js.next("identified"));
      assertThat(seen.get("peer").textValue()).isEqualTo(Meeting.OURS.peerId().toString());
      assertThat(seen.get("publicKey").textValue())
          .isEqualTo(HexFormat.of().formatHex(Meeting.OURS.publicKey().toProtobuf()));
      assertThat(seen.get("agentVersion").textValue()).startsWith("potluck");
      assertThat(seen.get("protocolVersion").textValue()).isEqualTo("potluck/1");
      assertThat(texts(seen.get("protocols")))
          .contains("/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/test/echo");
      List<Multiaddr> own = meeting.on(meeting.network::addresses);
      assertThat(texts(seen.get("listenAddresses")))
          .containsExactlyElementsOf(
              own.stream().map(address -> address.withoutPeer().toString()).toList());
      assertThat(seen.get("observedAddress").textValue()).startsWith("/ip4/127.0.0.1/tcp/");
    }
  }

  @EveryWay
  void weLearnWhoJsIs(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      CompletableFuture<byte[]> answer = new CompletableFuture<>();
      meeting.open("/ipfs/id/1.0.0", gathering(Integer.MAX_VALUE, answer));
      IdentifyMessage message =
          IdentifyMessage.parseDelimitedFrom(
              new ByteArrayInputStream(answer.get(60, TimeUnit.SECONDS)));
      assertThat(message.getAgentVersion()).startsWith("js-libp2p");
      assertThat(message.getProtocolsList()).contains("/ipfs/ping/1.0.0", "/test/echo");
      assertThat(PeerId.ofKey(message.getPublicKey().toByteArray())).isEqualTo(meeting.remote());
      List<Multiaddr> listening =
          Multiaddr.known(
              message.getListenAddressesList().stream().map(ByteString::toByteArray).toList());
      assertThat(listening).hasSize(dialer.equals("we") ? 1 : 0);
      assertThat(meeting.on(() -> meeting.network.addressesOf(meeting.remote())))
          .map(Multiaddr::withoutPeer)
          .containsAll(listening.stream().map(Multiaddr::withoutPeer).toList());
      Multiaddr seenAt =
          Multiaddr.known(List.of(message.getObservedAddress().toByteArray())).getFirst();
      assertThat(seenAt.toString()).startsWith("/ip4/127.0.0.1/tcp/");
      PeerTraffic traffic =
          meeting.on(() -> meeting.network.traffic(meeting.remote())).orElseThrow();
      assertThat(traffic.address().peer()).contains(meeting.remote());
    }
  }

  @EveryWay
  void megabytesGoBothWaysUnchanged(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      Transfer ours = meeting.open("/test/echo", Transfer.sending(5, MEGABYTES));
      assertThat(ours.received()).isEqualTo(ours.sent());
      assertThat(ours.end()).isEqualTo(StreamEnd.FINISHED);

      meeting.js.say("echo " + MEGABYTES);
      List<String> digests = meeting.js.words("echoed");
      assertThat(digests.get(1)).isEqualTo(digests.get(0));
    }
  }

  @EveryWay
  void whoOpensMayEndFirstAndStillReads(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      Transfer ours = meeting.open("/test/upload", Transfer.sending(6, 1_000_000));
      assertThat(ours.text()).isEqualTo(ours.sent());
      assertThat(ours.end()).isEqualTo(StreamEnd.FINISHED);

      meeting.js.say("upload 1000000");
      List<String> digests = meeting.js.words("uploaded");
      assertThat(digests.get(1)).isEqualTo(digests.get(0));
    }
  }

  @EveryWay
  void whoAnswersMayEndFirstAndStillReads(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      Transfer ours = meeting.open("/test/serve", Transfer.answeringWithDigest());
      List<String> digests = meeting.js.words("served");
      assertThat(ours.received()).isEqualTo(digests.get(0)).isEqualTo(digests.get(1));
      assertThat(ours.end()).isEqualTo(StreamEnd.FINISHED);

      meeting.js.say("fetch");
      Transfer served = meeting.served.poll(60, TimeUnit.SECONDS);
      assertThat(meeting.js.next("fetched")).isEqualTo(served.sent()).isEqualTo(served.text());
      assertThat(served.end()).isEqualTo(StreamEnd.FINISHED);
    }
  }

  @EveryWay
  void resetsReachTheOtherSide(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      Transfer provoked = meeting.open("/test/reset", Transfer.sending(7, 10_000_000));
      assertThat(provoked.end()).isEqualTo(StreamEnd.RESET_BY_REMOTE);

      Stream abandoned = meeting.open("/test/serve", new Resetter());
      assertThat(meeting.js.next("ended")).isEqualTo("StreamResetError");
      assertThat(abandoned.writable()).isFalse();

      meeting.js.say("provoke");
      assertThat(meeting.js.next("ended")).isEqualTo("StreamResetError");
      assertThat(meeting.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.RESET_BY_US);

      meeting.js.say("abandon");
      assertThat(meeting.js.next("abandoned")).isEqualTo("aborted");
      Transfer served = meeting.served.poll(60, TimeUnit.SECONDS);
      assertThat(served.end()).isEqualTo(StreamEnd.RESET_BY_REMOTE);
    }
  }

  /** js-libp2p loses the end of a stream that comes before it has agreed on the protocol. */
  @EveryWay
  void shortStreamsEnd(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      for (int i = 0; i < 20; i++) {
        Transfer ours = meeting.open("/test/echo", Transfer.sending(i, 1000));
        assertThat(ours.received()).isEqualTo(ours.sent());
        assertThat(ours.end()).isEqualTo(StreamEnd.FINISHED);
      }
    }
  }

  @EveryWay
  void unknownProtocolsAreDeclined(String security, String dialer) throws Exception {
    try (Meeting meeting = Meeting.of(security, dialer)) {
      assertThatThrownBy(
              () ->
                  meeting.await(
                      () -> meeting.network.open(meeting.remote(), "/no/such/1", Meeting.LONG)))
          .cause()
          .isInstanceOfSatisfying(
              NetworkException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED_PROTOCOL));
      meeting.js.say("unknown");
      assertThat(meeting.js.next("failed")).contains("UnsupportedProtocolError");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "noise"})
  void somebodyElseThanTheOneDialedIsRefused(String security) throws Exception {
    NettyLoop loop = NettyLoop.start("refusal");
    Libp2pNetwork network = Meeting.start(loop, security);
    try (JsPeer listening = JsPeer.start("listen", security)) {
      Multiaddr wrong = Multiaddr.parse(listening.next("listening")).withPeer(STRANGER);
      assertThatThrownBy(
              () ->
                  CompletableFuture.supplyAsync(() -> network.connect(wrong, Meeting.LONG), loop)
                      .thenCompose(connected -> connected)
                      .get(60, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              NetworkException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRONG_PEER));
      String own = Meeting.address(loop, network).withPeer(STRANGER).toString();
      try (JsPeer dialing = JsPeer.start("dial", security, own)) {
        assertThat(dialing.next("failed")).contains("EncryptionFailedError");
        CompletableFuture.supplyAsync(() -> Loneliness.of(network), loop)
            .thenCompose(alone -> alone)
            .get(10, TimeUnit.SECONDS);
      }
    } finally {
      CompletableFuture.supplyAsync(network::close, loop)
          .thenCompose(closing -> closing)
          .get(60, TimeUnit.SECONDS);
      loop.stop();
    }
  }

  /**
   * Nobody is connected, or will be no more. In TLS 1.3 a listener has all it needs of a dialer
   * before it can know that the dialer refuses it. So js-libp2p is our peer until the news arrives
   * that it has hung up, which may be after it said so to the test.
   */
  private record Loneliness(Libp2pNetwork network, CompletableFuture<Void> reached)
      implements Network.ConnectionListener {
    static CompletableFuture<Void> of(Libp2pNetwork network) {
      Loneliness loneliness = new Loneliness(network, new CompletableFuture<>());
      network.listen(loneliness);
      loneliness.check();
      return loneliness.reached;
    }

    @Override
    public void disconnected(PeerId peer) {
      check();
    }

    private void check() {
      if (network.connectedPeers().isEmpty()) {
        reached.complete(null);
      }
    }
  }

  /** Both securities, whoever dials. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @CsvSource({"tls, we", "tls, js", "noise, we", "noise, js"})
  @interface EveryWay {}

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::textValue).toList();
  }

  /** Completes {@code all} with the first {@code bytes}, or with fewer when the input ends. */
  private static StreamHandler gathering(int bytes, CompletableFuture<byte[]> all) {
    return new StreamHandler() {
      private byte[] gathered = new byte[0];

      @Override
      public void received(Stream stream, ByteBuffer data) {
        ByteBuffer more = ByteBuffer.allocate(gathered.length + data.remaining());
        gathered = more.put(gathered).put(data).array();
        if (gathered.length >= bytes) {
          all.complete(gathered);
        }
      }

      @Override
      public void endOfInput(Stream stream) {
        all.complete(gathered);
        stream.closeWrite();
      }

      @Override
      public void closed(Stream stream, StreamEnd end) {
        all.completeExceptionally(new AssertionError("the stream ended before: " + end));
      }
    };
  }

  private static final class Resetter implements StreamHandler {
    @Override
    public void received(Stream stream, ByteBuffer data) {
      data.position(data.limit());
      stream.reset();
    }
  }
}
