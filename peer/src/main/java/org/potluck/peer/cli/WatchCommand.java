package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.potluck.monitor.DashboardOptions;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.run.Node;
import org.potluck.peer.run.Observer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "watch", description = "Show a run's dashboard; trains nothing, holds no weights.")
final class WatchCommand implements Callable<Integer> {
  @Parameters(paramLabel = "INVITATION", description = "The line that begins with potluck://")
  private String invitation = "";

  @Option(
      names = "--dashboard-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Port of the page on this machine; 0 takes any (default: ${DEFAULT-VALUE}).")
  private int dashboardPort;

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    Invitation invited = Invitation.parse(invitation);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Node node = Node.start(network.home().identity(), network.listen())) {
      SignedManifest manifest = node.fetchManifest(invited);
      node.bootstrap(invited.peers());
      DashboardOptions options = DashboardOptions.local().withPort(dashboardPort);
      try (Observer observer = Observer.start(node, manifest, invited, options);
          Interrupt _ = Interrupt.calls(stopped::countDown)) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("Watching '%s' at %s%n", manifest.spec().name(), observer.url());
        out.flush();
        stopped.await();
      }
    }
    return ExitCode.OK.status();
  }
}
