package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people do wrong: one line each that names what to change, and the documented status. */
class ErrorsTest {
  private static final int USAGE = 2;
  private static final int MACHINE = 3;
  private static final int INPUT = 4;
  private static final int UNREACHABLE = 5;
  private static final String ID = "12D3KooWS2ke3eqqcg1kAHDgpZ6iFBaJtKrPyiCRzpDXpKUAY3wX";

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void describe() throws Exception {
    run = folder.resolve("run.yaml");
    try (PotluckProcess init = PotluckProcess.start("init", run.toString())) {
      assertThat(init.awaitEnd().status()).isZero();
    }
  }

  @Test
  void aRoleThatNobodyHas() throws Exception {
    refused(
        USAGE, "none of trainer, auxiliary and receiver", "join", "potluck://x", "--role", "cook");
    refused(USAGE, "'potluck watch'", "join", "potluck://x", "--role", "observer");
  }

  @Test
  void textForOneThatReadsNone() throws Exception {
    refused(
        USAGE,
        "--device and --data are for trainers",
        "join",
        "potluck://x",
        "--role",
        "auxiliary",
        "--data",
        "/tmp");
  }

  @Test
  void aMissingDataPath() throws Exception {
    refused(INPUT, "no such file or folder: /none", "demo", "--no-browser", "--data", "/none");
  }

  @Test
  void aSettingThatDoesNotExist() throws Exception {
    Files.writeString(run, Files.readString(run).replace("heads:", "haeds:"));
    refused(INPUT, "'haeds'", "start", run.toString(), "--home", home());
  }

  @Test
  void aManifestThatIsNoText() throws Exception {
    Files.write(run, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1, 2});
    refused(INPUT, "run.yaml", "start", run.toString(), "--home", home());
  }

  @Test
  void anInvitationCutShort() throws Exception {
    refused(INPUT, "copy the whole line", "join", "potluck://abc", "--home", home());
  }

  @Test
  void anInvitationOfAnotherPeer() throws Exception {
    try (PotluckProcess start =
        PotluckProcess.start("start", run.toString(), "--home", home(), "--host", "127.0.0.1")) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      refused(
          UNREACHABLE,
          "another peer than the invited",
          "join",
          invitation.replaceAll("12D3KooW\\w+", ID),
          "--home",
          folder.resolve("volunteer").toString());
    }
  }

  @Test
  void nobodyThere() throws Exception {
    String invitation = "potluck://" + "ab".repeat(20) + "?peer=/ip4/127.0.0.1/tcp/1/p2p/" + ID;
    refused(UNREACHABLE, "connection refused", "join", invitation, "--home", home());
  }

  @Test
  void aPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      refused(
          MACHINE,
          "--port",
          "start",
          run.toString(),
          "--home",
          home(),
          "--host",
          "127.0.0.1",
          "--port",
          port);
      refused(
          MACHINE,
          "--dashboard-port",
          "start",
          run.toString(),
          "--home",
          home(),
          "--dashboard-port",
          port);
    }
  }

  @Test
  void anImpossibleOption() throws Exception {
    refused(USAGE, "--for", "demo", "--for", "soon");
    refused(USAGE, "--port must be between", "start", run.toString(), "--port", "70000");
    refused(USAGE, "--epochs must be 0 or more", "demo", "--epochs", "-3");
    refused(
        USAGE, "expected one of [auto, cpu, gpu] but was 'tpu'", "join", "x", "--device", "tpu");
    refused(USAGE, "'x' is not a whole number", "join", "x", "--threads", "x");
    refused(USAGE, "there is no command 'joni'", "joni");
  }

  @Test
  void aFolderInPlaceOfAFile() throws Exception {
    refused(INPUT, "is a folder", "init", folder.toString());
    refused(INPUT, "is a folder", "start", folder.toString());
    refused(
        MACHINE, "there is a file of that name", "start", run.toString(), "--home", run.toString());
  }

  /** It does not wait for peers that have gone, and says whose fault it was. */
  @Test
  void aDemoWhosePeersCannotBegin() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    try (PotluckProcess demo =
        PotluckProcess.start("demo", "--no-browser", "--peers", "2", "--data", empty.toString())) {
      PotluckProcess.Ended ended = demo.awaitEnd();
      assertThat(ended.status()).as("%s", ended.lines()).isEqualTo(INPUT);
      assertThat(ended.lines().getLast()).contains("could not begin");
    }
  }

  @Test
  void aReportThatCannotBeWritten() throws Exception {
    refused(INPUT, "--report", "demo", "--report", folder.resolve("no/report.json").toString());
  }

  /** A disk of 1 MB. Needs root to mount it. */
  @Test
  void aFullDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString())) {
      System.err.println("a full disk is not tried: that needs root, to mount a small one");
      return;
    }
    try (PotluckProcess start =
        PotluckProcess.start("start", run.toString(), "--home", home(), "--host", "127.0.0.1")) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      Path text = folder.resolve("text.zip");
      zip(text);
      refused(
          MACHINE,
          "--home",
          "join",
          invitation,
          "--home",
          disk.toString(),
          "--data",
          text.toString());
    } finally {
      run("umount", "-l", disk.toString());
    }
  }

  /** Three megabytes of text, which have to be unpacked somewhere. */
  private static void zip(Path file) throws IOException {
    try (var out = new java.util.zip.ZipOutputStream(Files.newOutputStream(file))) {
      out.putNextEntry(new java.util.zip.ZipEntry("text.txt"));
      byte[] line = "all work and no play makes a dull text\n".getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 80_000; i++) {
        out.write(line);
      }
    }
  }

  private static void refused(int status, String named, String... arguments)
      throws InterruptedException {
    try (PotluckProcess process = PotluckProcess.start(arguments)) {
      PotluckProcess.Ended ended = process.awaitEnd();
      assertThat(ended.lines()).as("one line").hasSize(1);
      assertThat(ended.lines().getFirst()).startsWith("potluck: ").contains(named);
      assertThat(ended.status()).as("%s", ended.lines()).isEqualTo(status);
    }
  }

  private String home() {
    return folder.resolve("home").toString();
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
