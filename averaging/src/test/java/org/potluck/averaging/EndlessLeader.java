package org.potluck.averaging;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.WelcomeMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Stream;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** A peer that claims the earliest time in every round, welcomes all, and never begins. */
final class EndlessLeader {
  private static final String PROTOCOL = "/potluck/join/1";
  private static final Duration OFTEN = Duration.ofMillis(100);

  private final TrainingSwarm swarm;
  private final SimulatedNetwork network;
  private final List<Stream> followers = new ArrayList<>();

  EndlessLeader(TrainingSwarm swarm) {
    this.swarm = swarm;
    this.network = swarm.simulation.addPeer(PeerProfile.datacenter());
    for (TrainingSwarm.Trainer victim : swarm.trainers) {
      network.remember(victim.network.self(), victim.network.addresses());
    }
    network.loop().execute(() -> network.handle(PROTOCOL, this::follow));
    network.loop().execute(this::lead);
  }

  int followers() {
    return followers.size();
  }

  private void follow(Stream stream) {
    stream.handler((from, data) -> data.position(data.limit()));
    followers.add(stream);
  }

  private void lead() {
    ByteBuffer welcome =
        Frames.of(
            FrameKind.ANSWER,
            JoinAnswerMessage.newBuilder().setWelcome(WelcomeMessage.getDefaultInstance()).build());
    followers.forEach(follower -> follower.write(welcome.duplicate()));
    for (TrainingSwarm.Trainer victim : swarm.trainers) {
      JoinMessage claim =
          JoinMessage.newBuilder()
              .setKey("run.gradients")
              .setEpoch(victim.epoch)
              .setModel(victim.model)
              .setDeclaredMicros(1)
              .setReachable(true)
              .setAnnouncement(true)
              .addAllAddresses(network.addresses().stream().map(Object::toString).toList())
              .build();
      var _ =
          network
              .open(victim.network.self(), PROTOCOL, Duration.ofSeconds(1))
              .thenAccept(
                  stream -> {
                    stream.handler((from, data) -> data.position(data.limit()));
                    stream.write(Frames.of(FrameKind.JOIN, claim));
                    stream.closeWrite();
                  });
    }
    network.loop().schedule(OFTEN, this::lead);
  }
}
