package org.potluck.peer.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Role;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.report.RunReport;
import org.potluck.peer.run.Device;
import org.potluck.peer.run.Home;
import org.potluck.peer.run.Node;
import org.potluck.peer.run.Ticker;
import org.potluck.peer.run.Trouble;
import org.potluck.peer.run.VolunteerPeer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "join",
    description = "Train along in the run that an invitation names, or lend it a link.")
final class JoinCommand implements Callable<Integer> {
  @Parameters(paramLabel = "INVITATION", description = "The line that begins with potluck://")
  private String invitation = "";

  @Option(names = "--name", description = "What others call this peer (default: your user name).")
  private String name = System.getProperty("user.name", "volunteer");

  @Option(
      names = "--role",
      defaultValue = "trainer",
      converter = RoleConverter.class,
      description = {
        "trainer: computes (the default).",
        "auxiliary: needs no GPU and no text; lends its link to averaging and gives the model to"
            + " newcomers.",
        "receiver: keeps up with the model, and lends nothing."
      })
  private Role role = Role.TRAINER;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto (the default), cpu or gpu.")
  private @Nullable Device device;

  @Option(names = "--threads", description = "Processor threads to compute with (default: half).")
  private int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  @Option(names = "--data", description = "Text to train on instead of the run's.")
  private List<Path> data = List.of();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write what this peer did, as JSON.")
  private @Nullable Path report;

  @Option(
      names = "--log",
      paramLabel = "TIME",
      converter = TimeConverter.class,
      description = "Print a line every so often, such as 30s, instead of rewriting one.")
  private @Nullable Duration log;

  @Option(
      names = "--finish-with-input",
      hidden = true,
      description = "For programs that start peers: finish when standard input ends.")
  private boolean finishWithInput;

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    if (role != Role.TRAINER && (device != null || !data.isEmpty())) {
      throw new UserException(
          ExitCode.USAGE,
          "--device and --data are for trainers; --role %s computes nothing, leave them out"
              .formatted(role.word()));
    }
    if (threads < 1) {
      throw new UserException(ExitCode.USAGE, "--threads must be 1 or more, not " + threads);
    }
    ReportFile.check(report, "--report");
    Invitation invited = Invitation.parse(invitation);
    Ticker ticker = log == null ? Ticker.usual() : Ticker.named(name, log);
    Home home = network.home();
    try (Home.Claim claim = home.claim(Home.Use.VOLUNTEER);
        Node node =
            Node.start(
                claim.identity(),
                network.listen(home.port(invited.runId())),
                home.savedPeers(invited.runId()))) {
      SignedManifest manifest = node.fetchManifest(invited, ticker::say);
      home.keepPort(invited.runId(), node.port());
      node.bootstrap(invited.peers());
      VolunteerPeer.Settings settings =
          new VolunteerPeer.Settings(name, role, device(), threads, data, home, ticker);
      try (VolunteerPeer peer = VolunteerPeer.start(node, manifest, settings);
          Interrupt _ = Interrupt.calls(() -> stop(peer, ticker))) {
        if (finishWithInput) {
          Thread.ofPlatform().daemon().name("input").start(() -> finishAfter(System.in, peer));
        }
        peer.run();
        if (report != null) {
          RunReport.writePeer(peer.report(), report);
        }
      }
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE, "cannot write the report (%s); see --report".formatted(Trouble.of(e)));
    }
    return ExitCode.OK.status();
  }

  /** Only who trains has use for a GPU. */
  private Device device() {
    Device chosen = device;
    return role != Role.TRAINER ? Device.CPU : chosen == null ? Device.AUTO : chosen;
  }

  private static void finishAfter(InputStream input, VolunteerPeer peer) {
    try {
      input.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // No more will come.
    }
    peer.finish();
  }

  private static void stop(VolunteerPeer peer, Ticker ticker) {
    ticker.say(
        "stopping: ends the step at hand and saves, within %d s"
            .formatted(Interrupt.PATIENCE.toSeconds()));
    peer.stop();
  }
}
