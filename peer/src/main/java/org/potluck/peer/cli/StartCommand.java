package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.potluck.monitor.DashboardOptions;
import org.potluck.network.Multiaddr;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.manifest.RunFile;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.run.Home;
import org.potluck.peer.run.Node;
import org.potluck.peer.run.Observer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

  @Mixin private PageOptions page = new PageOptions();

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    RunSpec described = RunFile.read(file);
    Home home = network.home();
    try (Home.Claim claim = home.claim(Home.Use.COORDINATOR)) {
      SignedManifest manifest = SignedManifest.sign(described, claim.identity());
      OptionalInt before = home.port(manifest.runId());
      List<Multiaddr> listen = network.listen(before);
      CountDownLatch stopped = new CountDownLatch(1);
      try (Node node = Node.start(claim.identity(), listen, home.savedPeers(manifest.runId()))) {
        node.bootstrap(List.of());
        home.keepPort(manifest.runId(), node.port());
        Invitation invitation = Invitation.to(manifest.runId(), node.addresses());
        DashboardOptions options =
            PageOptions.keeping(page.optionsOfUsualPort(), home.history(manifest.runId()));
        try (Observer observer = Observer.start(node, manifest, invitation, options);
            Interrupt _ = Interrupt.calls(stopped::countDown)) {
          announce(manifest, observer, invitation);
          tellOfNewPort(before, node.port());
          stopped.await();
        }
      }
    }
    return ExitCode.OK.status();
  }

  private void announce(SignedManifest manifest, Observer observer, Invitation invitation) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Run        %s (%s)%n", manifest.spec().name(), manifest.runId());
    out.printf("Dashboard  %s%n", observer.url());
    out.printf("%nInvite others with this line; it works on this machine, too:%n%n");
    out.printf("  %s join '%s'%n%n", Program.name(), invitation);
    if (invitation.peers().stream().allMatch(Multiaddr::isLoopback)) {
      out.println("This machine has no network: only peers on it can join.");
    } else if (invitation.peers().stream().noneMatch(address -> !address.isPrivate())) {
      out.println("The addresses above are those of a local network; for volunteers elsewhere,");
      out.printf("forward TCP port %s of your router to this machine.%n", port(invitation));
    }
    out.println("Waiting for peers. Ctrl-C ends this program; the run goes on without it.");
    out.flush();
  }

  private void tellOfNewPort(OptionalInt before, int port) {
    if (before.isPresent() && before.getAsInt() != port) {
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          "Invitations of last time name port %d, which is another than now: send this new one.%n",
          before.getAsInt());
      out.flush();
    }
  }

  private static String port(Invitation invitation) {
    return invitation.peers().getFirst().tcpSocket().map(s -> "" + s.getPort()).orElse("?");
  }
}
