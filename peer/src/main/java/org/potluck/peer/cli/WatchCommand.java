package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.potluck.dht.SavedPeers;
import org.potluck.monitor.DashboardOptions;
import org.potluck.network.Identity;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "watch", description = "Show a run's dashboard; trains nothing, holds no weights.")
final class WatchCommand implements Callable<Integer> {
  @Parameters(paramLabel = "INVITATION", description = "The line that begins with potluck://")
  private String invitation = "";

  @Mixin private PageOptions page = new PageOptions();

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    Invitation invited = Invitation.parse(invitation);
    CountDownLatch stopped = new CountDownLatch(1);
    // Who only looks on needs no name that lasts.
    Identity identity = Identity.generate(new SecureRandom());
    SavedPeers saved = network.home().savedPeers(invited.runId());
    try (Node node = Node.start(identity, network.listen(OptionalInt.empty()), saved)) {
      SignedManifest manifest = node.fetchManifest(invited);
      node.bootstrap(invited.peers());
      Path history = network.home().watchedHistory(manifest.runId());
      DashboardOptions options = PageOptions.keeping(page.options(), history);
      try (Observer observer = Observer.start(node, manifest, invited, options);
          Interrupt _ = Interrupt.calls(stopped::countDown)) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("Watching '%s' at %s%n", manifest.spec().name(), observer.url());
        out.println("Ctrl-C ends the watching, nothing else.");
        out.flush();
        stopped.await();
      }
    }
    return ExitCode.OK.status();
  }
}
