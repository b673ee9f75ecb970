package org.potluck.peer.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
import org.potluck.peer.run.TrainingPeer;
import org.potluck.peer.run.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "join", description = "Train along in the run that an invitation names.")
final class JoinCommand implements Callable<Integer> {
  @Parameters(paramLabel = "INVITATION", description = "The line that begins with potluck://")
  private String invitation = "";

  @Option(names = "--name", description = "What others call this peer (default: your user name).")
  private String name = System.getProperty("user.name", "volunteer");

  @Option(names = "--device", defaultValue = "auto", description = "auto, cpu or gpu.")
  private Device device = Device.AUTO;

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
      TrainingPeer.Settings settings =
          new TrainingPeer.Settings(name, device, threads, data, home, ticker);
      try (TrainingPeer peer = TrainingPeer.start(node, manifest, settings);
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

  private static void finishAfter(InputStream input, TrainingPeer peer) {
    try {
      input.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // No more will come.
    }
    peer.finish();
  }

  private static void stop(TrainingPeer peer, Ticker ticker) {
    ticker.say(
        "stopping: ends the step at hand and saves, within %d s"
            .formatted(Interrupt.PATIENCE.toSeconds()));
    peer.stop();
  }
}
