package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Bandwidth;

/** Members that have no room for more chunks hear all the same what is decided. */
class FullBuffersTest {
  private static final int SEEDS = 20;
  private static final int MEMBERS = 5;
  private static final int LAST = MEMBERS - 1;

  /**
   * A reducer dies while the others have no room: all wait for one member's chunks, and do not read
   * those of the rest. The question who holds what, and the answers, take a few trips and what is
   * on the way already; there is room again after a second and more.
   */
  @Test
  void aDecisionDoesNotWaitForRoom() {
    int recoveries = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.bufferBytesMax = RoundLab.CHUNK_VALUES * Float.BYTES;
      lab.profiles.set(
          LAST,
          RoundLab.SLOW_HOME.withBandwidth(
              Bandwidth.ofMegabitsPerSecond(0.03), RoundLab.SLOW_HOME.down()));
      List<Duration> asked = new ArrayList<>();
      List<Duration> decided = new ArrayList<>();
      lab.machines =
          (member, network) ->
              new Meddler(
                      Rounds.PROTOCOL,
                      frame -> {
                        note(lab, frame, FrameKind.FREEZE, asked);
                        note(lab, frame, FrameKind.REASSIGN, decided);
                        return frame;
                      })
                  .around(network);
      lab.begin();
      int victim = 1 + lab.random.nextInt(LAST - 1);
      lab.simulation.at(
          Duration.ofMillis(500 + lab.random.nextInt(500)),
          () -> lab.simulation.crash(lab.networks.get(victim)));
      lab.finish();
      lab.finished(lab.living());
      lab.soundWith(certain(lab));
      if (!asked.isEmpty()) {
        recoveries++;
        assertThat(decided).as("seed %d", seed).isNotEmpty();
        assertThat(decided.getFirst().minus(asked.getFirst()))
            .as("seed %d", seed)
            .isLessThan(Duration.ofMillis(800));
      }
    }
    assertThat(recoveries).isGreaterThan(SEEDS / 2);
  }

  /**
   * A decision comes to one member later than the averages that are made after it: they wait for it
   * there. Whoever dropped them would have to ask for them when it had waited long enough.
   */
  @Test
  void anAverageThatIsAheadOfItsDecisionIsNotLost() {
    int late = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.profiles.replaceAll(
          profile -> profile.withBandwidth(Bandwidth.ofMegabitsPerSecond(4), profile.down()));
      lab.weights.set(LAST, 0.0); // Otherwise no average could be made without it.
      boolean[] told = new boolean[1];
      lab.machines =
          (member, network) ->
              new Meddler(
                      Rounds.PROTOCOL,
                      (stream, frame) -> {
                        boolean meant =
                            is(frame, FrameKind.REASSIGN)
                                && stream.remote().equals(lab.networks.get(LAST).self());
                        if (!meant) {
                          return frame;
                        }
                        ByteBuffer whole = frame.duplicate();
                        var _ =
                            network
                                .loop()
                                .schedule(
                                    Duration.ofMillis(800),
                                    () -> {
                                      told[0] = true;
                                      stream.write(whole);
                                    });
                        return ByteBuffer.allocate(0);
                      })
                  .around(network);
      lab.begin();
      int victim = 1 + lab.random.nextInt(LAST - 1);
      Duration begun = lab.simulation.elapsed();
      lab.simulation.at(
          Duration.ofMillis(40 + lab.random.nextInt(60)),
          () -> lab.simulation.crash(lab.networks.get(victim)));
      lab.finish();
      lab.finished(lab.living());
      lab.soundWith(certain(lab));
      late += told[0] ? 1 : 0;
      assertThat(lab.simulation.elapsed().minus(begun))
          .as("seed %d", seed)
          .isLessThan(Duration.ofMillis(1500));
    }
    assertThat(late).isGreaterThan(SEEDS / 2);
  }

  /** But for the last, which may be given up for being slow, or brings nothing. */
  private static List<Integer> certain(RoundLab lab) {
    return lab.living().stream().filter(member -> member != LAST).toList();
  }

  private static void note(RoundLab lab, ByteBuffer frame, FrameKind kind, List<Duration> into) {
    if (is(frame, kind)) {
      into.add(lab.simulation.elapsed());
    }
  }

  private static boolean is(ByteBuffer frame, FrameKind kind) {
    boolean whole =
        frame.remaining() >= Frames.HEADER_BYTES
            && frame.getInt(frame.position()) == frame.remaining() - Integer.BYTES;
    return whole && frame.get(frame.position() + Integer.BYTES) == kind.wireNumber();
  }
}
