package org.potluck.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DashboardTest {
  private static final Instant AT = Examples.START;

  @Test
  void answersBeforeAnythingIsKnown() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard)) {
      JsonNode state = client.json("/api/v1/state");
      assertThat(state.get("run").isNull()).isTrue();
      assertThat(state.get("peers")).isEmpty();
      assertThat(state.get("epochs")).isEmpty();
      assertThat(client.get("/healthz").body()).isEqualTo("ok\n");
    }
  }

  @Test
  void tellsEverythingThatWasReported() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard);
        Client.Events events = client.events(null)) {
      report(dashboard.monitor(), 2);
      events.until(event -> event.type().equals("notice"));

      JsonNode state = client.json("/api/v1/state");
      assertThat(state.at("/run/name").asText()).isEqualTo("Example run (made-up data)");
      assertThat(state.at("/epochs/1/loss").asDouble()).isEqualTo(Examples.epoch(1, AT).loss());
      assertThat(state.at("/peers/3/work/loss").isNull()).as("an unknown loss").isTrue();
      assertThat(state.at("/peers/3/state/activity").asText()).isEqualTo("waiting");
      assertThat(state.at("/rounds/0/outcome").asText()).isEqualTo("averaged");
      assertThat(state.at("/next/samples_target").asInt()).isEqualTo(4_096);
      assertThat(client.json("/api/v1/run").get("target_batch").asInt()).isEqualTo(4_096);
      assertThat(client.json("/api/v1/samples").at("/0/text").asText()).isEqualTo("twice");
      assertThat(client.json("/api/v1/epochs?from=1&to=1")).hasSize(1);
      assertThat(client.json("/api/v1/rounds?to=0")).hasSize(1);
    }
  }

  @Test
  void streamsEventsAndResumesAfterTheLastOneSeen() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard)) {
      String seen;
      try (Client.Events events = client.events(null)) {
        dashboard.monitor().epoch(Examples.epoch(7, AT));
        Client.Event event = events.untilType("epoch");
        assertThat(event.data()).contains("\"epoch\":7");
        seen = event.id();
        dashboard.monitor().epoch(Examples.epoch(8, AT));
        events.untilType("epoch");
      }
      try (Client.Events events = client.events(seen)) {
        assertThat(events.untilType("epoch").data()).contains("\"epoch\":8");
      }
      try (Client.Events events = client.events("anotherlife-3")) {
        assertThat(events.until(event -> true).type()).isEqualTo("reset");
      }
    }
  }

  @Test
  void remembersEpochsAndPeersAfterARestart(@TempDir Path folder) throws Exception {
    DashboardOptions options = DashboardOptions.local().withHistory(folder.resolve("history.db"));
    try (Dashboard dashboard = Dashboard.start(options)) {
      report(dashboard.monitor(), 3);
    }
    try (Dashboard dashboard = Dashboard.start(options);
        Client client = new Client(dashboard)) {
      JsonNode state = client.json("/api/v1/state");
      assertThat(state.at("/run/id").asText()).isEqualTo("run-a");
      assertThat(state.get("epochs")).hasSize(3);
      assertThat(state.get("rounds")).hasSize(3);
      assertThat(state.get("notices")).hasSize(1);
      assertThat(state.get("samples")).hasSize(1);
      assertThat(client.json("/api/v1/peers?epoch=1")).hasSize(6);
      dashboard.monitor().run(Examples.run("run-b"));
      try (Client.Events events = client.events(state.get("last_event_id").asText())) {
        events.untilType("run");
      }
      assertThat(client.json("/api/v1/epochs")).as("another run starts empty").isEmpty();
    }
  }

  @Test
  void aRoundReportedAgainReplacesTheFirstReport() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard);
        Client.Events events = client.events(null)) {
      dashboard.monitor().round(Examples.round(4, AT));
      dashboard.monitor().round(Examples.round(4, AT.plusSeconds(1)));
      dashboard.monitor().event(new Notice(Notice.Severity.INFO, "done", AT));
      events.untilType("notice");
      assertThat(client.json("/api/v1/rounds")).hasSize(1);
    }
  }

  @Test
  void namesThePortAndTheSettingWhenThePortIsTaken() {
    try (Dashboard first = Dashboard.start(DashboardOptions.local())) {
      int port = Integer.parseInt(first.url().substring(first.url().lastIndexOf(':') + 1));
      assertThatThrownBy(() -> Dashboard.start(DashboardOptions.local().withPort(port)).close())
          .isInstanceOf(DashboardException.class)
          .hasMessageContaining(Integer.toString(port))
          .hasMessageContaining("--dashboard-port");
    }
  }

  @Test
  void namesTheSettingWhenTheHistoryIsNotADatabase(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("not-a-database"), "something else ".repeat(200));
    assertThatThrownBy(() -> Dashboard.start(DashboardOptions.local().withHistory(file)).close())
        .isInstanceOf(DashboardException.class)
        .hasMessageContaining("--home");
  }

  @Test
  void refusesForeignHostNamesAndWrongNumbers() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard)) {
      int port = Integer.parseInt(dashboard.url().substring(dashboard.url().lastIndexOf(':') + 1));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket
            .getOutputStream()
            .write(
                "GET /api/v1/run HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
            .startsWith("HTTP/1.1 403");
      }
      assertThat(client.get("/api/v1/peers?epoch=-1").statusCode()).isEqualTo(400);
      assertThat(client.get("/../pom.xml").statusCode()).isIn(400, 404);
    }
  }

  @Test
  void servesItsPageWithAStrictPolicyAndWithoutInlineScript() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard)) {
      HttpResponse<String> page = client.get("/");
      assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'")
          .contains("script-src 'self'")
          .doesNotContain("unsafe");
      assertThat(page.body())
          .doesNotContain("style=\"")
          .doesNotContain("onclick")
          .doesNotContain("https://");
      var links = Pattern.compile("(?:src|href)=\"(/[^\"]*)\"").matcher(page.body());
      int found = 0;
      while (links.find()) {
        assertThat(client.get(links.group(1)).statusCode()).as(links.group(1)).isEqualTo(200);
        found++;
      }
      assertThat(found).isGreaterThan(4);
    }
  }

  @Test
  void countsForPrometheusWithoutStrangersNames() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard);
        Client.Events events = client.events(null)) {
      report(dashboard.monitor(), 10);
      events.untilType("notice");
      assertThat(client.get("/metrics").body())
          .contains("potluck_epoch 9.0")
          .contains("potluck_rounds_total{outcome=\"averaged\"} 9.0")
          .contains("potluck_rounds_total{outcome=\"abandoned\"} 1.0")
          .contains("potluck_peers{state=\"gone\"} 1.0")
          .contains("potluck_peer_share{peer=\"12D3KooWExample0\"} 0.46")
          .doesNotContain("example-attic");
    }
  }

  @Test
  void anEpochToldAgainKeepsThePeersOfItsFirstReport(@TempDir Path folder) throws Exception {
    DashboardOptions options = DashboardOptions.local().withHistory(folder.resolve("h.db"));
    try (Dashboard dashboard = Dashboard.start(options)) {
      Monitor monitor = dashboard.monitor();
      monitor.run(Examples.run("run-a"));
      monitor.peers(Examples.peers(4, AT));
      monitor.epoch(Examples.epoch(4, AT));
      monitor.peers(Examples.peers(9, AT));
      monitor.epoch(Examples.epoch(9, AT));
      monitor.epoch(Examples.epoch(4, AT.plusSeconds(1)));
    }
    try (Dashboard dashboard = Dashboard.start(options);
        Client client = new Client(dashboard)) {
      assertThat(client.json("/api/v1/epochs")).hasSize(2);
      assertThat(client.json("/api/v1/epochs?to=4").at("/0/at").asText())
          .isEqualTo(AT.plusSeconds(1).toString());
      assertThat(client.json("/api/v1/peers?epoch=4").at("/0/work/epoch").asInt()).isEqualTo(4);
    }
  }

  @Test
  void aRestartedProgramRemembersWhenTheRunBeganAndWhatWasSeen(@TempDir Path folder)
      throws Exception {
    DashboardOptions options = DashboardOptions.local().withHistory(folder.resolve("h.db"));
    try (Dashboard dashboard = Dashboard.start(options)) {
      dashboard.monitor().run(Examples.run("run-a"));
      dashboard.monitor().epoch(Examples.epoch(7, AT));
    }
    try (Dashboard dashboard = Dashboard.start(options);
        Client client = new Client(dashboard);
        Client.Events events = client.events(null)) {
      dashboard.monitor().run(Examples.run("run-a").startedAt(AT.plusSeconds(5_000)));
      events.untilType("run");
      assertThat(client.json("/api/v1/run").at("/started").asText())
          .isEqualTo(Examples.START.toString());
      assertThat(dashboard.lastEpoch("run-a").orElseThrow()).isEqualTo(Examples.epoch(7, AT));
      assertThat(dashboard.lastEpoch("run-b")).isEmpty();
    }
  }

  @Test
  void cutsWhatStrangersSay() {
    PeerStatus peer = Examples.peer(0, "x\u202e\n" + "y".repeat(10_000), 1, AT);
    assertThat(peer.name())
        .hasSizeLessThanOrEqualTo(Clip.NAME)
        .doesNotContain("\n")
        .doesNotContain("\u202e");
    assertThat(new ModelSample(1, AT, "", "z".repeat(1_000_000)).text()).hasSize(Clip.TEXT);
    assertThat(Clip.line("\ud83c\udf72".repeat(100), 64)).endsWith("\ud83c\udf72…");
  }

  private static void report(Monitor monitor, int epochs) {
    monitor.run(Examples.run("run-a"));
    for (int epoch = 0; epoch < epochs; epoch++) {
      monitor.peers(Examples.peers(epoch, AT));
      monitor.epoch(Examples.epoch(epoch, AT.plusSeconds(epoch)));
      monitor.round(Examples.round(epoch, AT.plusSeconds(epoch)));
    }
    monitor.next(new NextRound(epochs, AT, AT.plusSeconds(60), "gathering", 100, 4_096));
    monitor.sample(new ModelSample(1, AT, "once", "twice"));
    monitor.event(new Notice(Notice.Severity.INFO, "example-attic joined", AT));
  }
}
