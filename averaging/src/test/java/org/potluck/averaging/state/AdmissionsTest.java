package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

class AdmissionsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private final Admissions admissions = new Admissions(2, SECOND);
  private Instant now = Instant.EPOCH;

  @Test
  void whoHasAPlaceKeepsItAndTheOthersAreToldWhenToCome() {
    assertThat(ask(1)).isEmpty();
    assertThat(ask(2)).isEmpty();
    assertThat(ask(1)).isEmpty();
    assertThat(ask(3)).contains(SECOND);
    assertThat(admissions.places()).isEqualTo(2);
  }

  @Test
  void aFreePlaceIsKeptForTheFirstOfTheLine() {
    ask(1);
    ask(2);
    ask(3);
    admissions.left(peer(1), now);
    assertThat(ask(4)).as("came later").isPresent();
    assertThat(ask(3)).isEmpty();
  }

  @Test
  void whoDoesNotComeLosesItsPlaceInTheLine() {
    ask(1);
    ask(2);
    ask(3);
    admissions.left(peer(1), now);
    pass(Duration.ofSeconds(5));
    assertThat(ask(4)).isEmpty();
    assertThat(admissions.wanted(now)).isFalse();
  }

  @Test
  void waitsAreAsLongAsDownloadsUsuallyTake() {
    ask(1);
    ask(2);
    pass(Duration.ofSeconds(20));
    admissions.left(peer(1), now);
    admissions.left(peer(2), now);
    ask(3);
    ask(4);
    Duration first = ask(5).orElseThrow();
    assertThat(first).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(20));
    assertThat(ask(6)).contains(first);
    assertThat(ask(7).orElseThrow()).as("the next turn").isGreaterThan(first);
  }

  @Test
  void everybodyGetsAPlaceInTheEnd() {
    List<Integer> served = new ArrayList<>();
    List<Instant> comes = new ArrayList<>();
    int peers = 20;
    for (int i = 0; i < peers; i++) {
      comes.add(now);
    }
    List<Integer> inside = new ArrayList<>();
    for (int step = 0; served.size() < peers && step < 2_000; step++) {
      for (int i = 0; i < peers; i++) {
        if (!served.contains(i) && !inside.contains(i) && !comes.get(i).isAfter(now)) {
          Optional<Duration> wait = ask(i);
          if (wait.isEmpty()) {
            inside.add(i);
          } else {
            comes.set(i, now.plus(wait.get()));
          }
        }
      }
      if (step % 40 == 39) {
        inside.forEach(i -> admissions.left(peer(i), now));
        served.addAll(inside);
        inside.clear();
      }
      pass(Duration.ofMillis(100));
    }
    assertThat(served).hasSize(peers);
    assertThat(served.subList(0, 10)).as("in order, by pairs").allMatch(i -> i < 12);
  }

  private Optional<Duration> ask(int number) {
    return admissions.admit(peer(number), now);
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  private static PeerId peer(int number) {
    return Identity.generate(new SplittableRandom(number)).peerId();
  }
}
