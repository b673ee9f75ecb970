package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** How long the slow are waited for, of a round of a hundred seconds. */
class PaceTest {
  private static final Duration SPARE = Duration.ofSeconds(1);

  private final SimulatedNetwork network =
      new Simulation(1, NetworkConditions.usual()).addPeer(PeerProfile.home());
  private final Instant start = network.loop().now();
  private final Pace pace = new Pace(round(), start);

  @Test
  void theSlowAreWaitedForAsLongAsTwiceWhatMostTook() {
    assertThat(late(3, false)).isFalse();
    assertThat(late(4, true)).isFalse();
    assertThat(late(8, true)).isFalse();
    assertThat(late(10, true)).isTrue();
  }

  @Test
  void newWorkBeginsAnew() {
    assertThat(late(4, true)).isFalse();
    pace.restart(start.plusSeconds(10));
    assertThat(late(11, false)).as("what most took before says nothing").isFalse();
    assertThat(late(30, false)).isFalse();
    assertThat(late(32, true)).as("22 s after it was given out").isFalse();
    assertThat(late(54, true)).isFalse();
    assertThat(late(56, true)).isTrue();
  }

  @Test
  void halfOfTheTimeIsTheMostWhateverOthersTook() {
    assertThat(late(49, false)).isFalse();
    assertThat(late(51, false)).isTrue();
    pace.restart(start.plusSeconds(51));
    assertThat(late(75, false)).as("half of the 49 that are left").isFalse();
    assertThat(late(76, false)).isTrue();
  }

  private boolean late(int seconds, boolean most) {
    return pace.tooLate(start.plusSeconds(seconds), most, SPARE, 0.5);
  }

  private Round round() {
    Member member = new Member(network.self(), 1, true, 100, network.addresses(), null);
    Group group =
        new Group("00".repeat(16), "key", 1, 100, 100, List.of(member), CodecId.NONE, CodecId.NONE);
    return new Round(
        network.loop(),
        new Workshop(network.loop(), Runnable::run),
        AveragingOptions.defaults(),
        group,
        0,
        start.plusSeconds(100),
        new Signatures(network.identity(), group.round()),
        false);
  }
}
