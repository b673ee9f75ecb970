package org.potluck.peer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;

/** With real processes, a real model and real sockets. */
class TrainingTogetherTest {
  @Test
  void twoProcessesThatTrainTogetherEndWithTheSameParameters() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(2))) {
      List<Reply.Trained> trained =
          crew.all(i -> new Order.Train("run", 1, 32, 4, i), Reply.Trained.class);
      assertThat(trained.stream().map(Reply.Trained::digest).distinct()).hasSize(1);
      assertThat(trained).allSatisfy(one -> assertThat(one.seconds()).isPositive());
    }
  }

  @Test
  void oneThatTrainsAloneNeedsNobody() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(1))) {
      Reply.Trained trained =
          crew.all(_ -> new Order.Train("", 1, 16, 4, 0), Reply.Trained.class).getFirst();
      assertThat(trained.samples()).isEqualTo(32);
      assertThat(trained.seconds()).isPositive();
    }
  }
}
