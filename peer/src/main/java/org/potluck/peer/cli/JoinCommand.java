package org.potluck.peer.cli;

import java.io.IOException;
import java.nio.file.Path;
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
import org.potluck.peer.run.Node;
import org.potluck.peer.run.TrainingPeer;
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

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    Invitation invited = Invitation.parse(invitation);
    Path to = report;
    try (Node node = Node.start(network.home().identity(), network.listen())) {
      SignedManifest manifest = node.fetchManifest(invited);
      node.bootstrap(invited.peers());
      TrainingPeer.Settings settings =
          new TrainingPeer.Settings(name, device, threads, data, network.home());
      try (TrainingPeer peer = TrainingPeer.start(node, manifest, settings)) {
        try (Interrupt _ = Interrupt.calls(peer::stop)) {
          peer.run();
          if (to != null) {
            RunReport.writePeer(peer.report(), to);
          }
        }
      }
    } catch (IOException e) {
      throw new UserException(ExitCode.MACHINE, "cannot write the report: " + e.getMessage());
    }
    return ExitCode.OK.status();
  }
}
