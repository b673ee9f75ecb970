package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.potluck.monitor.DashboardOptions;
import org.potluck.network.Identity;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.manifest.RunFile;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.run.Node;
import org.potluck.peer.run.Observer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "start",
    description = "Start a run: sign its file, show the dashboard, print the invitation.")
final class StartCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "run.yaml",
      description = "The run's file, as 'potluck init' writes it (default: ${DEFAULT-VALUE}).")
  private Path file = Path.of("run.yaml");

  @Option(
      names = "--dashboard-port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "Port of the page on this machine; 0 takes any (default: ${DEFAULT-VALUE}).")
  private int dashboardPort;

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    Identity identity = network.home().identity();
    SignedManifest manifest = SignedManifest.sign(RunFile.read(file), identity);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Node node = Node.start(identity, network.listen())) {
      node.bootstrap(List.of());
      Invitation invitation = new Invitation(manifest.runId(), node.addresses());
      DashboardOptions options = DashboardOptions.local().withPort(dashboardPort);
      try (Observer observer = Observer.start(node, manifest, invitation, options);
          Interrupt _ = Interrupt.calls(stopped::countDown)) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("Run       %s (%s)%n", manifest.spec().name(), manifest.runId());
        out.printf("Dashboard %s%n", observer.url());
        out.printf("Invite others with this line:%n%n  potluck join '%s'%n%n", invitation);
        out.println("Waiting for peers; Ctrl-C ends this peer, not the run.");
        out.flush();
        stopped.await();
      }
    }
    return ExitCode.OK.status();
  }
}
