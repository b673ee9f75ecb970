package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StandingTest {
  private static final Instant START = Instant.ofEpochSecond(1_000_000);

  @Test
  void oneBadRoundIsForgottenAndAHabitIsNot() {
    Standing once = Standing.good(START).after(0.35, "noise", START);
    for (int round = 0; round < 7; round++) {
      once = once.afterCleanRound(START);
    }
    assertThat(once.score()).isEqualTo(1);
    assertThat(once.spotless(START)).isTrue();

    Standing habit = Standing.good(START);
    int rounds = 0;
    while (!habit.banned(START) && rounds++ < 100) {
      habit = habit.after(0.35, "noise", START).afterCleanRound(START);
    }
    assertThat(rounds).isBetween(3, 4);
    assertThat(habit.reason()).isEqualTo("noise");
  }

  @Test
  void timeHealsWhatNoRoundDoes() {
    Standing hurt = Standing.good(START).after(0.5, "too long", START);
    assertThat(hurt.at(START.plus(Duration.ofMinutes(30))).score()).isEqualTo(0.75);
    assertThat(hurt.at(START.plus(Duration.ofHours(5))).score()).isEqualTo(1);
  }

  @Test
  void bansExpireAndTheNextIsLonger() {
    Standing banned = Standing.good(START).after(1, "noise", START);
    assertThat(banned.banned(START)).isTrue();
    Instant after = START.plus(Standing.BAN_FIRST);
    assertThat(banned.banned(after.minusSeconds(1))).isTrue();
    assertThat(banned.banned(after)).isFalse();
    assertThat(banned.at(after).score()).as("on probation").isEqualTo(0.5);

    Standing again = banned.after(0.5, "noise", after);
    Instant twice = after.plus(Standing.BAN_FIRST.multipliedBy(2));
    assertThat(again.banned(twice.minusSeconds(1))).isTrue();
    assertThat(again.banned(twice)).isFalse();
  }

  @Test
  void noBanIsLongerThanTheLongest() {
    Standing standing = Standing.good(START);
    Instant now = START;
    for (int ban = 0; ban < 50; ban++) {
      standing = standing.after(1, "noise", now);
      assertThat(standing.bannedUntil()).isBeforeOrEqualTo(now.plus(Ban.LONGEST));
      now = standing.bannedUntil();
    }
    assertThat(standing.bans()).isEqualTo(50);
  }

  @Test
  void whatIsDoneWhileBannedChangesNothing() {
    Standing banned = Standing.good(START).after(1, "noise", START);
    assertThat(banned.after(0.5, "again", START.plusSeconds(1))).isEqualTo(banned);
    assertThat(banned.afterCleanRound(START.plusSeconds(1))).isEqualTo(banned);
  }
}
