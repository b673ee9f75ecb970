package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PostedSampleTest {
  @Test
  void arrivesAsItWasPosted() {
    for (long epoch : List.of(0L, 7L, 999_999_999_999_999_999L)) {
      PostedSample sample = new PostedSample(epoch, "two\nlines, äöü");
      assertThat(PostedSample.decode(sample.encode())).contains(sample);
    }
  }

  @Test
  void anythingElseIsNone() {
    for (String text :
        List.of("", "\n", "7", "-7\ntext", "+7\ntext", "x\ntext", "1".repeat(19) + "\nt")) {
      assertThat(PostedSample.decode(text.getBytes(StandardCharsets.UTF_8))).as(text).isEmpty();
    }
  }
}
