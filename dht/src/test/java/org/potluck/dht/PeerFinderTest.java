package org.potluck.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.dht.kad.PeerFinder;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.KadMessage;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.FrameReader;
import org.potluck.network.rpc.Framing;

/** Peers of which only the id is known are found over {@code /ipfs/kad/1.0.0}. */
class PeerFinderTest {
  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43})
  void findsPeersThatNobodyItKnowsIsNear(long seed) {
    Swarm swarm = Swarm.of(80, seed);
    int found = 0;
    int asked = 0;
    for (int i = 0; i < 80; i++) {
      PeerId target = swarm.networks.get(i).self();
      if (i != 7 && swarm.networks.get(7).addressesOf(target).isEmpty()) {
        asked++;
        found += swarm.await(swarm.nodes.get(7).locate(target)) ? 1 : 0;
        if (found == asked) {
          assertThat(swarm.networks.get(7).addressesOf(target))
              .isEqualTo(swarm.networks.get(i).addresses());
        }
      }
    }
    // libp2p's Kademlia has distances of its own, which our buckets do not follow.
    assertThat(found).as("of %s, seed %s", asked, seed).isGreaterThanOrEqualTo(asked * 9 / 10);
  }

  @Test
  void nobodyKnowsThePeerThatIsNot() {
    Swarm swarm = Swarm.of(20, 44);
    PeerId nobody = Identity.generate(new SplittableRandom(9)).peerId();
    assertThat(swarm.await(swarm.nodes.get(3).locate(nobody))).isFalse();
  }

  @Test
  void nodesNamedWithoutAddressesAsByHivemindAreDialed() {
    Swarm swarm = Swarm.of(12, 45);
    KademliaDht late = swarm.add(swarm.profile);
    // The only node it knows names others as hivemind does: ids alone.
    swarm
        .rpcs
        .getFirst()
        .serve(
            Methods.FIND,
            (caller, request) ->
                swarm
                    .nodes
                    .getFirst()
                    .service
                    .find(caller, request)
                    .thenApply(PeerFinderTest::bare));
    assertThat(swarm.await(late.bootstrap(swarm.networks.getFirst().addresses()))).isEqualTo(1);
    assertThat(late.contacts()).isEqualTo(12);
  }

  private static FindResponse bare(FindResponse response) {
    FindResponse.Builder bare = response.toBuilder();
    for (FindResult.Builder result : bare.getResultsBuilderList()) {
      result.clearNearestAddresses();
    }
    return bare.build();
  }

  @Test
  void answersInLibp2psForm() {
    Swarm swarm = Swarm.of(30, 46);
    var network = swarm.networks.get(5);
    PeerId asked = swarm.networks.get(9).self();
    PeerId target = swarm.networks.get(20).self();
    CompletableFuture<KadMessage> answer = new CompletableFuture<>();
    Stream stream = swarm.await(network.open(asked, PeerFinder.PROTOCOL, Duration.ofSeconds(3)));
    stream.handler(new Collecting(answer));
    KadMessage question =
        KadMessage.newBuilder()
            .setType(KadMessage.Type.FIND_NODE)
            .setKey(ByteString.copyFrom(target.toBytes()))
            .build();
    stream.write(Framing.VARINT.encode(0, question));
    KadMessage message = swarm.await(answer);
    assertThat(message.getType()).isEqualTo(KadMessage.Type.FIND_NODE);
    assertThat(message.getCloserPeersCount()).isBetween(1, 20);
    List<PeerId> named = new ArrayList<>();
    message
        .getCloserPeersList()
        .forEach(
            peer -> {
              named.add(PeerId.ofBytes(peer.getId().toByteArray()));
              assertThat(peer.getAddressesList()).isNotEmpty();
              Multiaddr _ = Multiaddr.ofBytes(peer.getAddresses(0).toByteArray());
            });
    assertThat(named).doesNotHaveDuplicates().doesNotContain(network.self(), asked);
  }

  private record Collecting(CompletableFuture<KadMessage> answer)
      implements StreamHandler, FrameReader.Receiver {
    @Override
    public void received(Stream from, ByteBuffer data) {
      new FrameReader(Framing.VARINT, 1 << 16, this).feed(data);
    }

    @Override
    public void frame(int marker, ByteBuffer body) {
      try {
        answer.complete(KadMessage.parseFrom(body));
      } catch (InvalidProtocolBufferException e) {
        answer.completeExceptionally(e);
      }
    }

    @Override
    public void violation(String what) {
      answer.completeExceptionally(new IllegalStateException(what));
    }
  }
}
