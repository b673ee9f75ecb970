package org.potluck.averaging.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Role;
import org.potluck.network.Identity;

/** Which model is the swarm's, where peers have trained apart. */
class OutlookTest {
  private final Random random = new Random(3);
  private final Outlook.Target target = new Outlook.Target(100, 4);

  @Test
  void theModelTrainedFurthestIsTheSwarms() {
    Outlook outlook = seen(word(4, "a", 8), word(4, "a", 8), word(5, "b", 12));
    assertThat(outlook.epoch()).isEqualTo(5);
    assertThat(outlook.model()).isEqualTo("b");
    assertThat(outlook.behind()).isTrue();
    assertThat(outlook.samples()).as("only what is gathered for it counts").isEqualTo(12);
  }

  @Test
  void atOneEpochTheModelThatMorePeersHold() {
    Outlook outlook = seen(word(5, "a", 8), word(5, "b", 4), word(5, "b", 4));
    assertThat(outlook.model()).isEqualTo("b");
    assertThat(outlook.behind()).isTrue();
    assertThat(outlook.samples()).isEqualTo(8);
  }

  @Test
  void twoThatMeetChooseTheSame() {
    assertThat(seen(word(5, "a", 8), word(5, "b", 4)).behind()).isFalse();
    assertThat(seen(word(5, "b", 4), word(5, "a", 8)).behind()).isTrue();
  }

  @Test
  void auxiliariesHoldAModelAndGatherNothing() {
    PeerProgress own = word(Role.TRAINER, 5, "b", 8);
    PeerProgress lender = word(Role.AUXILIARY, 5, "a", 1000);
    Outlook outlook = seen(own, lender, word(Role.AUXILIARY, 5, "a", 0));
    assertThat(outlook.model()).as("held by more").isEqualTo("a");
    outlook = seen(word(Role.TRAINER, 5, "a", 8), lender);
    assertThat(outlook.samples()).isEqualTo(8);
    assertThat(outlook.untilDueByOthers()).isEqualTo(Outlook.NEVER);
    assertThat(outlook.peers()).as("that train").isEqualTo(1);
    outlook = seen(word(Role.AUXILIARY, 5, "a", 0), word(Role.TRAINER, 5, "a", 8));
    assertThat(outlook.samples()).isEqualTo(8);
    assertThat(outlook.peers()).isEqualTo(1);
  }

  @Test
  void whoComputesNothingHasNoModelToDefend() {
    Outlook outlook = seen(word(Role.AUXILIARY, 5, "a", 0), word(6, "b", 8));
    assertThat(outlook.behind()).isTrue();
    assertThat(outlook.contested()).as("one of two").isFalse();
    assertThat(seen(word(5, "a", 0), word(6, "b", 8)).contested()).isTrue();
  }

  @Test
  void receiversFollowWhateverTheyHold() {
    PeerProgress ahead = word(Role.RECEIVER, 9, "z", 0);
    Outlook outlook = seen(ahead, word(5, "b", 8));
    assertThat(outlook.epoch()).isEqualTo(5);
    assertThat(outlook.model()).isEqualTo("b");
    assertThat(outlook.behind()).isTrue();
    assertThat(seen(ahead).behind()).as("alone").isFalse();
    assertThat(seen(word(Role.RECEIVER, 5, "a", 0), word(5, "b", 8)).behind()).isTrue();
  }

  @Test
  void whoIsAloneIsTheSwarm() {
    Outlook outlook = seen(word(0, "a", 8));
    assertThat(outlook.behind()).isFalse();
    assertThat(outlook.samples()).isEqualTo(8);
  }

  private Outlook seen(PeerProgress own, PeerProgress... others) {
    List<SwarmProgress.Heard> heard = new ArrayList<>();
    for (PeerProgress other : others) {
      heard.add(new SwarmProgress.Heard(other, Instant.EPOCH, Instant.EPOCH));
    }
    return Outlook.of(own, heard, target, Instant.EPOCH);
  }

  private PeerProgress word(long epoch, String digest, long samples) {
    return word(Role.TRAINER, epoch, digest, samples);
  }

  private PeerProgress word(Role role, long epoch, String digest, long samples) {
    return new PeerProgress(
        Identity.generate(random).peerId(),
        1,
        "peer",
        role,
        "cpu",
        epoch,
        samples,
        samples,
        10,
        1000,
        Double.NaN,
        digest,
        PeerProgress.TRAINING,
        List.of(),
        0,
        0,
        false,
        0,
        List.of());
  }
}
