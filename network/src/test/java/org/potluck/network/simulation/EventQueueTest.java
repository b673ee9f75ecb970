package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventQueueTest {
  private final EventQueue queue = new EventQueue();

  private record Planned(Event event, long atNanos, int order) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eventsComeByTimeThenInTheOrderOfPlanningAndCancelledOnesNever(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Planned> waiting = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      // Near and far, many at one instant, more cancelled than not.
      long delay = random.nextInt(3) == 0 ? 0 : random.nextLong(1L << random.nextInt(12, 36));
      long at = queue.nowNanos() + delay;
      waiting.add(new Planned(queue.add(at, EventKind.TASK, null, -1, 0, () -> {}), at, i));
      if (random.nextBoolean()) {
        waiting.remove(random.nextInt(waiting.size())).event.cancel();
      }
      if (random.nextInt(8) == 0) {
        expectNext(waiting, queue.nowNanos() + random.nextLong(1L << 30), seed);
      }
    }
    while (!waiting.isEmpty()) {
      expectNext(waiting, Long.MAX_VALUE, seed);
    }
    assertThat(queue.next(Long.MAX_VALUE)).isNull();
  }

  private void expectNext(List<Planned> waiting, long limitNanos, long seed) {
    @Nullable Planned first =
        waiting.stream()
            .min(Comparator.comparingLong(Planned::atNanos).thenComparingInt(Planned::order))
            .filter(one -> one.atNanos <= limitNanos)
            .orElse(null);
    Event next = queue.next(limitNanos);
    if (first == null) {
      assertThat(next).as("seed %s", seed).isNull();
      queue.advanceTo(limitNanos);
    } else {
      assertThat(next).as("seed %s", seed).isSameAs(first.event);
      assertThat(queue.nowNanos()).isEqualTo(first.atNanos);
      first.event.take();
      waiting.remove(first);
    }
  }
}
