package org.potluck.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The page in a real browser: the system's Chromium, when there is one. */
@Timeout(90)
class BrowserTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final String HOSTILE = "<img src=x onerror=\"document.title='owned'\">";

  @TempDir static Path profile;
  private static @Nullable ChromeDriver browser;

  @BeforeAll
  static void open() {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      System.out.println(
          "SKIPPED BrowserTest: install chromium and chromium-driver to test the page in a"
              + " browser");
      Assumptions.abort("no chromium on this machine");
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + profile);
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
  }

  @AfterAll
  static void quit() {
    if (browser != null) {
      browser.quit();
    }
  }

  @Test
  void showsLiveValuesAndDrawsThem() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      ChromeDriver page = visit(dashboard);
      until(
          page,
          "the empty state",
          () -> shown(page, "peers-empty") && text(page, "connection").equals("Live"));
      assertThat(text(page, "loss")).isEqualTo("–");

      report(dashboard.monitor(), 0, 30);
      until(page, "the last epoch", () -> text(page, "epoch").equals("29"));
      assertThat(text(page, "loss"))
          .isEqualTo("%.3f".formatted(Examples.epoch(29, Instant.EPOCH).loss()));
      until(
          page, "six peers", () -> page.findElements(By.cssSelector("#peer-rows tr")).size() == 6);
      assertThat(page.findElement(By.id("plot")).getDomAttribute("data-points")).isEqualTo("30");
      assertThat(paintedPixels(page)).as("pixels in the accent colour").isGreaterThan(100);
      assertThat(text(page, "peers")).contains("✓ same").contains("✗ differs").contains("relayed");
      assertThat(text(page, "invitation")).startsWith("./potluck join 'potluck://run-a?peer=");

      report(dashboard.monitor(), 30, 31);
      until(page, "a new epoch without reloading", () -> text(page, "epoch").equals("30"));
    }
  }

  @Test
  void showsHostileTextsAsText() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      Monitor monitor = dashboard.monitor();
      Instant at = Instant.now();
      monitor.run(Examples.run("run-a"));
      monitor.peers(
          List.of(
              Examples.peer(0, HOSTILE, 1, at),
              Examples.peer(1, "</script><svg onload=alert(1)>", 1, at)));
      monitor.epoch(Examples.epoch(1, at));
      monitor.round(
          new RoundStatus(
              HOSTILE,
              1,
              at,
              List.of(
                  new RoundStatus.Member("a", HOSTILE, 0.5, 3, RoundStatus.Part.AVERAGED),
                  new RoundStatus.Member("b", HOSTILE, 0.5, 3, RoundStatus.Part.AT_FAULT)),
              2,
              6,
              1,
              1,
              1,
              RoundStatus.Outcome.ABANDONED,
              HOSTILE,
              List.of(HOSTILE),
              List.of(HOSTILE)));
      monitor.sample(new ModelSample(1, at, HOSTILE, HOSTILE));
      monitor.event(new Notice(Notice.Severity.WARNING, HOSTILE, at));
      ChromeDriver page = visit(dashboard);
      until(page, "the hostile name", () -> text(page, "peers").contains(HOSTILE));
      until(page, "the hostile sample", () -> text(page, "sample").contains(HOSTILE));
      assertThat(text(page, "notices")).contains(HOSTILE);
      assertThat(text(page, "rounds")).contains("Because " + HOSTILE, "Not in it: " + HOSTILE);
      assertThat(
              page.findElements(
                  By.cssSelector("main img, main [onerror], main svg[onload], main script")))
          .isEmpty();
      assertThat(page.getTitle()).isEqualTo("Example run (made-up data) · Potluck");
    }
  }

  @Test
  void looksBackAndReturnsToLive() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      report(dashboard.monitor(), 0, 20);
      ChromeDriver page = visit(dashboard);
      until(page, "the last epoch", () -> text(page, "epoch").equals("19"));
      ((JavascriptExecutor) page)
          .executeScript(
              "const s = document.getElementById('slider'); s.value = 4; s.dispatchEvent(new"
                  + " Event('input'))");
      until(page, "the past", () -> text(page, "epoch").equals("4") && shown(page, "past"));
      assertThat(page.findElement(By.cssSelector("#peer-rows tr td[data-label=Epoch]")).getText())
          .startsWith("4");
      assertThat(page.findElements(By.cssSelector("#rounds li"))).hasSize(5);
      page.findElement(By.id("past-live")).click();
      until(page, "live again", () -> text(page, "epoch").equals("19") && !shown(page, "past"));
    }
  }

  @Test
  void showsWhoTookPartInARoundAndWhoDidNot() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      report(dashboard.monitor(), 0, 20);
      ChromeDriver page = visit(dashboard);
      until(page, "the last epoch", () -> text(page, "epoch").equals("19"));
      assertThat(page.findElements(By.cssSelector("#round-bars .lane")))
          .as("a line for durations and one for each member")
          .hasSize(5);
      assertThat(page.findElements(By.cssSelector("#round-bars .part.at_fault"))).hasSize(3);
      assertThat(text(page, "rounds"))
          .contains("Not in it: example-garage, at epoch 15")
          .contains("example-lab-3 was silent (dialing), says example-attic")
          .contains("Because two reducers went silent, and nobody could stand in");
      WebElement newest = page.findElement(By.cssSelector("#rounds li"));
      newest.findElement(By.cssSelector("summary")).click();
      until(
          page,
          "the members of the newest round",
          () ->
              page.findElement(By.cssSelector("#rounds li .members"))
                  .getText()
                  .contains("example-attic 40 % 1.37 k has the average"));
      report(dashboard.monitor(), 20, 21);
      until(page, "a new epoch", () -> text(page, "epoch").equals("20"));
      assertThat(page.findElements(By.cssSelector("#rounds details[open]")))
          .as("what was unfolded stays so")
          .hasSize(1);
    }
  }

  @Test
  void playsARecordedRun(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("run.jsonl");
    record(file, 20);
    try (Dashboard dashboard = Dashboard.replay(DashboardOptions.local(), Recording.read(file))) {
      ChromeDriver page = visit(dashboard);
      until(page, "the player", () -> shown(page, "player"));
      assertThat(text(page, "connection")).isEqualTo("Recorded");
      seek(page, 100);
      until(page, "the moment", () -> text(page, "epoch").equals("10"));
      if (page.findElement(By.id("player-play")).getText().equals("Pause")) {
        page.findElement(By.id("player-play")).click();
      }
      seek(page, 55);
      until(page, "an earlier moment", () -> text(page, "epoch").equals("5"));
      assertThat(page.findElements(By.cssSelector("#rounds li"))).hasSize(6);
      assertThat(text(page, "notices")).contains("example-attic crashed: lost power");
      assertThat(text(page, "epoch-age")).as("by the recorded clock").startsWith("5 s ago");
      assertThat(shown(page, "scrub")).isFalse();
      page.findElement(By.cssSelector("#player-speed option[value='20']")).click();
      page.findElement(By.id("player-play")).click();
      until(page, "the end", () -> text(page, "epoch").equals("19"));
      until(page, "the player at rest", () -> text(page, "player-play").equals("Play"));
    }
  }

  @Test
  void saysWhenEverybodyHasLeft() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      report(dashboard.monitor(), 0, 3);
      dashboard
          .monitor()
          .next(new NextRound(3, Instant.EPOCH, Instant.EPOCH, "Gathering samples.", 12, 64));
      ChromeDriver page = visit(dashboard);
      until(page, "the next round", () -> text(page, "next-reason").contains("12 of 64"));
      dashboard.monitor().peers(List.of());
      until(
          page, "the empty room", () -> text(page, "peers-empty").startsWith("Nobody is here now"));
      assertThat(text(page, "countdown")).isEqualTo("–");
      assertThat(text(page, "next-reason")).startsWith("Nobody is here");
    }
  }

  /** A screen reader reads out what is put into the list, so nothing is put in twice. */
  @Test
  void putsInOnlyTheEventsThatAreNew() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      Monitor monitor = dashboard.monitor();
      report(monitor, 0, 1);
      Instant at = Instant.now();
      monitor.event(new Notice(Notice.Severity.INFO, "first", at));
      ChromeDriver page = visit(dashboard);
      until(page, "the event", () -> text(page, "notices").contains("first"));
      WebElement first = page.findElement(By.cssSelector("#notices li"));
      monitor.event(new Notice(Notice.Severity.INFO, "second", at.plusSeconds(1)));
      until(page, "the next", () -> text(page, "notices").contains("second"));
      assertThat(first.isDisplayed()).as("still the very element").isTrue();
      assertThat(page.findElements(By.cssSelector("#notices li")).getFirst().getText())
          .contains("second");
    }
  }

  @Test
  void writesNumbersWithTheUnitThatSuitsThem() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      ChromeDriver page = visit(dashboard);
      assertThat(words(page, "duration", 0.0496, 0.0002, 0, 2.44, 9.96, 119.7, 3599.6, 7170))
          .isEqualTo("50 ms|< 1 ms|0 s|2.4 s|10 s|2 min 0 s|60 min 0 s|2 h 0 min");
      assertThat(words(page, "short", 999.4, 999_999, 1_234, 65_500, 0))
          .isEqualTo("999|1.00 M|1.23 k|65.5 k|0");
      assertThat(words(page, "bytes", 999, 999_700, 9_960, 0)).isEqualTo("999 B|1.0 MB|10 kB|0 B");
      assertThat(words(page, "percent", 0, 0.0004, 0.034, 0.999, 1))
          .isEqualTo("0 %|< 0.1 %|3.4 %|100 %|100 %");
    }
  }

  private static @Nullable Object words(ChromeDriver page, String function, Object... values) {
    return page.executeAsyncScript(
        "const done = arguments[2]; import('/words.js').then((words) =>"
            + " done(arguments[1].map(words[arguments[0]]).join('|').replaceAll('\\u00a0', ' ')))",
        function,
        List.of(values));
  }

  private static void record(Path file, int epochs) throws IOException {
    AtomicReference<Instant> now = new AtomicReference<>(Examples.START);
    try (Recorder recorder = Recorder.to(file, now::get)) {
      recorder.run(Examples.run("run-a"));
      recorder.note(Duration.ofSeconds(7), "example-attic", "crashed", "lost power");
      for (int epoch = 0; epoch < epochs; epoch++) {
        now.set(Examples.START.plusSeconds(10L * epoch));
        recorder.peers(Examples.peers(epoch, now.get()));
        recorder.epoch(Examples.epoch(epoch, now.get()));
        recorder.round(Examples.round(epoch, now.get()));
      }
    }
  }

  private static void seek(ChromeDriver page, int seconds) {
    page.executeScript(
        "const s = document.getElementById('player-at'); s.value = arguments[0];"
            + " s.dispatchEvent(new Event('input'))",
        seconds);
  }

  @Test
  void saysWhenTheServerIsGoneAndComesBack() {
    Dashboard first = Dashboard.start(DashboardOptions.local());
    int port = Integer.parseInt(first.url().substring(first.url().lastIndexOf(':') + 1));
    ChromeDriver page;
    try (first) {
      report(first.monitor(), 0, 3);
      page = visit(first);
      until(page, "the last epoch", () -> text(page, "epoch").equals("2"));
    }
    until(
        page,
        "the banner",
        () -> shown(page, "lost") && text(page, "connection").equals("Disconnected"));
    assertThat(text(page, "epoch")).as("what was last seen stays").isEqualTo("2");
    try (Dashboard second = Dashboard.start(DashboardOptions.local().withPort(port))) {
      report(second.monitor(), 0, 6);
      until(
          page,
          "the new server",
          () -> text(page, "connection").equals("Live") && text(page, "epoch").equals("5"));
      assertThat(shown(page, "lost")).isFalse();
    }
  }

  @Test
  void fitsAPhone() {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local())) {
      report(dashboard.monitor(), 0, 20);
      ChromeDriver page = visit(dashboard);
      page.executeCdpCommand(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", 360, "height", 800, "deviceScaleFactor", 2, "mobile", true));
      until(page, "the last epoch", () -> text(page, "epoch").equals("19"));
      Object width = page.executeScript("return document.documentElement.scrollWidth");
      Object crowded =
          page.executeScript(
              "return [...document.querySelectorAll('#peer-rows td')].filter((cell) =>"
                  + " cell.clientWidth > 0 && cell.scrollWidth > cell.clientWidth + 1)"
                  + ".map((cell) => cell.textContent)");
      page.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
      assertThat(crowded).as("cells that reach into the next").isEqualTo(List.of());
      assertThat(width).as("the page scrolls only up and down").isEqualTo(360L);
    }
  }

  private static ChromeDriver visit(Dashboard dashboard) {
    ChromeDriver page = Objects.requireNonNull(browser);
    page.get(dashboard.url());
    return page;
  }

  private static void report(Monitor monitor, int from, int to) {
    Instant at = Instant.now();
    monitor.run(Examples.run("run-a"));
    for (int epoch = from; epoch < to; epoch++) {
      // own are re-stated.
      monitor.peers(Examples.peers(epoch, at));
      EpochStatus status = Examples.epoch(epoch, at.minusSeconds(60L * (to - epoch)));
      monitor.epoch(status);
      monitor.round(Examples.round(epoch, status.at()));
    }
  }

  private static String text(WebDriver page, String id) {
    return page.findElement(By.id(id)).getText();
  }

  private static boolean shown(WebDriver page, String id) {
    return page.findElement(By.id(id)).isDisplayed();
  }

  private static long paintedPixels(ChromeDriver page) {
    Object count =
        page.executeScript(
            "const c = document.querySelector('#plot canvas'); const d ="
                + " c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for"
                + " (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && d[i + 1] > d[i] + 60)"
                + " n++; return n");
    return count instanceof Long number ? number : 0;
  }

  /** Asks again every 50 ms of the browser's time, for 20 seconds at most. */
  private static void until(ChromeDriver page, String what, BooleanSupplier condition) {
    for (int turn = 0; turn < 400; turn++) {
      try {
        if (condition.getAsBoolean()) {
          return;
        }
      } catch (StaleElementReferenceException e) {
        // The page drew anew in between; look again.
      }
      page.executeAsyncScript("setTimeout(arguments[0], 50)");
    }
    throw new AssertionError("the page did not show " + what);
  }
}
