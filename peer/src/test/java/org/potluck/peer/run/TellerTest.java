package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.progress.Outlook;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.peer.training.Swarm;

class TellerTest {
  @Test
  void saysWhenTheNextRoundIsInUnitsThatSaySomething() {
    assertThat(line(Duration.ofMillis(1))).endsWith("next round now");
    assertThat(line(Duration.ofMillis(340))).endsWith("next round in 340 ms");
    assertThat(line(Duration.ofMillis(886))).endsWith("next round in 890 ms");
    assertThat(line(Duration.ofMillis(2_440))).endsWith("next round in 2.4 s");
    assertThat(line(Duration.ofMillis(59_960))).endsWith("next round in 60 s");
    assertThat(line(Duration.ofSeconds(125))).endsWith("next round in 2 min 5 s");
    assertThat(line(Duration.ofMinutes(40))).endsWith("next round in 40 min");
    assertThat(line(Duration.ofMinutes(125))).endsWith("next round in 2 h 5 min");
    assertThat(line(Outlook.NEVER)).endsWith("next round when enough is gathered");
  }

  @Test
  void saysHowFarThePeerIs() {
    assertThat(TellerTest.line(Duration.ofSeconds(2)))
        .isEqualTo("epoch 7  loss 2.500  1,280 tok/s  3 peers  next round in 2.0 s");
  }

  @Test
  void tellsOfEachPeerAtFaultOnce() {
    PeerId anna = Identity.generate(new SecureRandom()).peerId();
    PeerId ben = Identity.generate(new SecureRandom()).peerId();
    List<PeerFault> faults =
        List.of(
            new PeerFault.Implausible(anna, "its contribution is 182 times as long"),
            new PeerFault.Silent(ben, "dialing"),
            new PeerFault.Implausible(anna, "its contribution is 162 times as long"));
    assertThat(Teller.told(faults, peer -> peer.equals(anna) ? "anna" : "ben"))
        .containsExactly(
            "anna sent what cannot be (its contribution is 182 times as long), and 1 more",
            "ben was silent (dialing)");
  }

  private static String line(Duration untilDue) {
    var progress = new Swarm.OwnProgress(7, 8, 80, 10, 2.5, "", Swarm.Activity.TRAINING, 0);
    return Teller.line(progress, 128, 2.5, 3, untilDue);
  }
}
