package org.potluck.peer.cli;

import java.io.PrintWriter;
import java.net.BindException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.SavedPeers;
import org.potluck.monitor.Dashboard;
import org.potluck.monitor.DashboardException;
import org.potluck.monitor.DashboardOptions;
import org.potluck.monitor.Recording;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "watch",
    description =
        "Show a run's dashboard, or replay a recorded run; trains nothing, holds no weights.")
final class WatchCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "INVITATION",
      description = "The line that begins with potluck://")
  private @Nullable String invitation;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "Instead of a live run, play what 'simulate --timeline' wrote.")
  private @Nullable Path replay;

  @Mixin private PageOptions page = new PageOptions();

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, ManifestException, InterruptedException {
    if (replay != null && invitation == null) {
      return replay(replay);
    }
    if (invitation == null || replay != null) {
      throw new UserException(
          ExitCode.USAGE, "give either an invitation to watch or a file with --replay");
    }
    return watch(Invitation.parse(invitation));
  }

  private int replay(Path file) throws UserException, InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    try (Dashboard dashboard = Dashboard.replay(page.options(), Recording.read(file));
        Interrupt _ = Interrupt.calls(stopped::countDown)) {
      say("Replaying %s at %s".formatted(file, dashboard.url()), "Ctrl-C ends it.");
      stopped.await();
    } catch (DashboardException e) {
      throw new UserException(
          e.getCause() instanceof BindException ? ExitCode.MACHINE : ExitCode.INPUT,
          String.valueOf(e.getMessage()));
    }
    return ExitCode.OK.status();
  }

  private int watch(Invitation invited)
      throws UserException, ManifestException, InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    // Who only looks on needs no name that lasts.
    Identity identity = Identity.generate(new SecureRandom());
    SavedPeers saved = network.home().savedPeers(invited.runId());
    try (Node node = Node.start(identity, network.listen(OptionalInt.empty()), saved)) {
      SignedManifest manifest = node.fetchManifest(invited, this::say);
      node.bootstrap(invited.peers());
      Path history = network.home().watchedHistory(manifest.runId());
      DashboardOptions options = PageOptions.keeping(page.options(), history);
      try (Observer observer = Observer.start(node, manifest, invited, options);
          Interrupt _ = Interrupt.calls(stopped::countDown)) {
        say(
            "Watching '%s' at %s".formatted(manifest.spec().name(), observer.url()),
            "Ctrl-C ends the watching, nothing else.");
        stopped.await();
      }
    }
    return ExitCode.OK.status();
  }

  private void say(String... lines) {
    PrintWriter out = spec.commandLine().getOut();
    for (String line : lines) {
      out.println(line);
    }
    out.flush();
  }
}
