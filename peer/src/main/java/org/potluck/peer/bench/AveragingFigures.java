package org.potluck.peer.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code bench averaging}: whole rounds, matchmaking and encryption included. */
public record AveragingFigures(int rounds) implements Bench {
  @Override
  public String name() {
    return "averaging";
  }

  @Override
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    parts.add(
        new LoopbackRounds("4x18M-float16", 4, 4, 18_000_000, rounds)
            .part(Duration.ofSeconds(75 + 2L * rounds)));
    parts.add(
        new LoopbackRounds("8x1M-float16", 8, 8, 1_000_000, rounds)
            .part(Duration.ofSeconds(25 + rounds)));
    parts.add(
        new LoopbackRounds("16x2.4M-float16-groups-of-4", 16, 4, 2_400_000, rounds)
            .part(Duration.ofSeconds(100 + 2L * rounds)));
    parts.add(new LostReducer("reducer-killed", false, rounds).part());
    parts.add(new LostReducer("reducer-frozen", true, Math.max(1, rounds / 3)).part());
    String obstacle = ShapedStreet.obstacle();
    if (obstacle.isEmpty()) {
      ShapedRounds.all(Math.max(1, rounds / 5)).forEach(shaped -> parts.add(shaped.part()));
    } else {
      System.err.println("potluck: the cases over shaped links are left out: " + obstacle);
    }
    return parts;
  }
}
