package org.potluck.peer.bench.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinesTest {
  @Test
  void everyOrderIsOneLineThatReadsAsItself() throws IOException {
    List<Order> orders =
        List.of(
            new Order.Listen("127.0.0.1", true),
            new Order.Meet(List.of("/ip4/127.0.0.1/tcp/4001")),
            new Order.Connect(1, List.of("a", "b"), List.of(1, 2)),
            new Order.Move(List.of(0, 5), List.of(5, 0)),
            new Order.Prepare("k", 1, 0, 10, "FLOAT16", Split.EQUAL, 1, 2, 3, List.of("peer"), 2),
            new Order.Average(1.5),
            new Order.Check(List.of(0), List.of(1.0), List.of()),
            new Order.Train("run", 1, 64, 3, 2));
    for (Order order : orders) {
      String line = Lines.of(order);
      assertThat(line).doesNotContain("\n");
      assertThat(Lines.order(line)).isEqualTo(order);
    }
  }

  @Test
  void everyReplyIsOneLineThatReadsAsItself() throws IOException {
    List<Reply> replies =
        List.of(
            new Reply.Done(),
            new Reply.Listening("peer", List.of("/ip4/127.0.0.1/tcp/4001"), 80),
            new Reply.Moved(0.25),
            new Reply.Ended(true, "", List.of("a"), List.of("b"), 0.1, 0.2),
            new Reply.Checked("ab", 1e-5, 2e-5, new Effort(0.5, 0.25)),
            new Reply.Trained(12, 3.5, "sha256:00"),
            new Reply.Failed("no\nroom"));
    for (Reply reply : replies) {
      String line = Lines.of(reply);
      assertThat(line).doesNotContain("\n");
      assertThat(Lines.reply(line)).isEqualTo(reply);
    }
  }

  @Test
  void whatIsNoOrderIsRefused() {
    assertThatThrownBy(() -> Lines.order("{\"order\":\"dance\"}")).isInstanceOf(IOException.class);
  }
}
