package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.tests.tidiness.Repository;

/**
 * A coordinator and two volunteers on machines of their own: three network namespaces on one
 * bridge, which share nothing but that wire. Needs root.
 */
class NamespacesTest {
  private static final List<String> MACHINES = List.of("pl-coord", "pl-ann", "pl-ben");

  @TempDir private Path folder;

  @BeforeEach
  void wire() throws Exception {
    boolean able = "root".equals(System.getProperty("user.name")) && ip("netns", "list");
    if (!able) {
      System.err.println("runs across network namespaces are skipped: they need root and iproute2");
    }
    assumeThat(able).as("root, for network namespaces").isTrue();
    unwire();
    must("link", "add", "pl-bridge", "type", "bridge");
    must("link", "set", "pl-bridge", "up");
    for (int i = 0; i < MACHINES.size(); i++) {
      String machine = MACHINES.get(i);
      must("netns", "add", machine);
      must("link", "add", "pl-veth" + i, "type", "veth", "peer", "name", "eth0", "netns", machine);
      must("link", "set", "pl-veth" + i, "master", "pl-bridge", "up");
      must("-n", machine, "addr", "add", "10.91.0." + (i + 1) + "/24", "dev", "eth0");
      must("-n", machine, "link", "set", "eth0", "up");
      must("-n", machine, "link", "set", "lo", "up");
    }
  }

  @AfterEach
  void unwire() throws Exception {
    for (String machine : MACHINES) {
      ip("netns", "delete", machine);
    }
    ip("link", "delete", "pl-bridge");
  }

  @Test
  void anInvitationWorksOnOtherMachines() throws Exception {
    Path run = folder.resolve("run.yaml");
    try (PotluckProcess init = PotluckProcess.start("init", run.toString())) {
      assertThat(init.awaitEnd().status()).isZero();
    }
    String manifest = Files.readString(run);
    Files.writeString(
        run,
        manifest.replace("epochs: 0 ", "epochs: 6 ").replace("begin-with: 1 ", "begin-with: 2 "));
    Path reportOfAnn = folder.resolve("ann.json");
    Path reportOfBen = folder.resolve("ben.json");
    try (PotluckProcess start = on("pl-coord", "start", run.toString(), "--home", home("coord"))) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      assertThat(invitation).contains("/ip4/10.91.0.1/").doesNotContain("127.0.0.1");
      try (PotluckProcess ann = join("pl-ann", "ann", invitation, reportOfAnn);
          PotluckProcess ben = join("pl-ben", "ben", invitation, reportOfBen);
          PotluckProcess watch = on("pl-ben", "watch", invitation, "--home", home("watch"))) {
        watch.await("Watching 'my first run' at http://127.0.0.1:");
        assertThat(ann.awaitEnd()).returns(0, PotluckProcess.Ended::status);
        assertThat(ben.awaitEnd()).returns(0, PotluckProcess.Ended::status);
        watch.terminate();
        assertThat(watch.awaitEnd().lines()).isNotEmpty();
      }
      start.terminate();
      start.awaitEnd();
    }
    String digest = "\"parameter_digest\" : \"(sha256:[0-9a-f]+)\"";
    assertThat(found(digest, reportOfAnn)).isEqualTo(found(digest, reportOfBen));
    assertThat(found("\"epoch\" : (\\d+)", reportOfAnn)).isEqualTo("6");
  }

  private PotluckProcess join(String machine, String name, String invitation, Path report) {
    return on(
        machine,
        "join",
        // As people copy it: with the quotes.
        "'" + invitation + "'",
        "--name",
        name,
        "--home",
        home(name),
        "--threads",
        "1",
        "--data",
        Repository.root().resolve("docs").toString(),
        "--report",
        report.toString());
  }

  private String home(String name) {
    return folder.resolve(name).toString();
  }

  private static PotluckProcess on(String machine, String... arguments) {
    return PotluckProcess.startIn(List.of("ip", "netns", "exec", machine), arguments);
  }

  private static String found(String pattern, Path file) throws IOException {
    return java.util.regex.Pattern.compile(pattern)
        .matcher(Files.readString(file))
        .results()
        .findFirst()
        .orElseThrow()
        .group(1);
  }

  private static void must(String... words) throws Exception {
    assertThat(ip(words)).as("ip %s", String.join(" ", words)).isTrue();
  }

  private static boolean ip(String... words) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(words));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
