package org.potluck.peer.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CoroutineTest {
  private final List<String> steps = new ArrayList<>();
  private final List<Consumer<String>> waiting = new ArrayList<>();

  @Test
  void theTwoTakeTurns() {
    Coroutine[] self = new Coroutine[1];
    self[0] =
        Coroutine.of(
            () -> {
              steps.add("code begins");
              steps.add("code hears " + self[0].<String>ask(waiting::add));
              steps.add("code hears " + self[0].<String>ask(answer -> answer.accept("at once")));
            });
    steps.add("before");
    self[0].resume();
    steps.add("between");
    waiting.getFirst().accept("later");
    steps.add("after");
    assertThat(steps)
        .containsExactly(
            "before", "code begins", "between", "code hears later", "code hears at once", "after");
    assertThat(self[0].ended()).isTrue();
  }

  @Test
  void theKilledNeverGoOn() {
    Coroutine[] self = new Coroutine[1];
    self[0] = Coroutine.of(() -> steps.add(self[0].<String>ask(waiting::add)));
    self[0].resume();
    self[0].kill();
    waiting.getFirst().accept("too late");
    assertThat(steps).isEmpty();
    assertThat(self[0].ended()).isTrue();
  }

  @Test
  void aFailureOfTheCodeIsAFailureOfTheSimulation() {
    Coroutine coroutine =
        Coroutine.of(
            () -> {
              throw new IllegalStateException("boom");
            });
    assertThatThrownBy(coroutine::resume).hasRootCauseMessage("boom");
  }
}
