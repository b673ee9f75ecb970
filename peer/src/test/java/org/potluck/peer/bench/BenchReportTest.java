package org.potluck.peer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;

class BenchReportTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void theFileHasTheAgreedShape() throws Exception {
    Path file = folder.resolve("figures.json");
    new BenchReport(
            "codec",
            Machine.here(),
            List.of(new BenchCase("float16", Map.of("bytes_per_value", 2.0))))
        .write(file);
    JsonNode read = new JsonMapper().readTree(file.toFile());
    assertThat(read.at("/bench").asText()).isEqualTo("codec");
    assertThat(read.at("/machine/cores").asInt()).isPositive();
    assertThat(read.at("/machine/memory_megabytes").asLong()).isPositive();
    assertThat(read.at("/cases/0/case").asText()).isEqualTo("float16");
    assertThat(read.at("/cases/0/metrics/bytes_per_value").asDouble()).isEqualTo(2.0);
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
  }

  @Test
  void aFigureThatIsNoNumberIsNotReported() {
    assertThatThrownBy(() -> new BenchCase("float16", Map.of("seconds", Double.NaN)))
        .hasMessageContaining("float16: seconds is NaN");
  }

  @Test
  void figuresKeepFourDigits() {
    assertThat(
            List.of(12345.678, 123.45678, 12.345678, 1.2345678, 0.12345).stream()
                .map(BenchReport::figure))
        .containsExactly("12,346", "123.5", "12.35", "1.235", "0.1235");
  }

  @Test
  void onlyTheCasesAskedForAreMeasured() throws Exception {
    StringWriter out = new StringWriter();
    BenchReport report = BenchRun.of(new TwoParts(), Set.of("slow"), new PrintWriter(out));
    assertThat(report.cases()).extracting(BenchCase::name).containsExactly("slow");
    assertThat(out.toString()).contains("slow").contains("seconds").contains("2.000");
  }

  @Test
  void aCaseThatDoesNotExistIsAnsweredWithThoseThatDo() {
    assertThatThrownBy(
            () -> BenchRun.of(new TwoParts(), Set.of("fats"), new PrintWriter(new StringWriter())))
        .hasMessageContaining("[fast, slow, wrong]");
  }

  @Test
  void wrongResultsEndInADisagreement() {
    assertThatThrownBy(
            () -> BenchRun.of(new TwoParts(), Set.of("wrong"), new PrintWriter(new StringWriter())))
        .isInstanceOfSatisfying(
            UserException.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.DISAGREEMENT))
        .hasMessageContaining("members hold different bits");
  }

  private record TwoParts() implements Bench {
    @Override
    public String name() {
      return "parts";
    }

    @Override
    public List<Part> parts() {
      return List.of(part("fast", 1), part("slow", 2), wrong());
    }

    private static Part part(String name, double seconds) {
      return new Part(
          List.of(name),
          "something",
          Duration.ofSeconds(1),
          () -> List.of(new BenchCase(name, Map.of("seconds", seconds))));
    }

    private static Part wrong() {
      return new Part(
          List.of("wrong"),
          "something",
          Duration.ofSeconds(1),
          () -> {
            throw new BenchException("members hold different bits");
          });
    }
  }
}
