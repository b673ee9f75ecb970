package org.potluck.peer.run;

import java.net.URI;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.monitor.Dashboard;
import org.potluck.monitor.DashboardException;
import org.potluck.monitor.DashboardOptions;
import org.potluck.monitor.RunInfo;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.model.Layout;

/** A peer that holds no weights: it shows the run on a page and hands out its manifest. */
public final class Observer implements AutoCloseable {
  private final Dashboard dashboard;
  private final Node node;
  private final Watcher watcher;

  private Observer(Dashboard dashboard, Node node, Watcher watcher) {
    this.dashboard = dashboard;
    this.node = node;
    this.watcher = watcher;
  }

  /** Shows the run of {@code manifest}; {@code options} say where. */
  public static Observer start(
      Node node, SignedManifest manifest, Invitation invitation, DashboardOptions options)
      throws UserException {
    ManifestShelf.serve(node, manifest);
    Dashboard dashboard;
    try {
      dashboard = Dashboard.start(options);
    } catch (DashboardException e) {
      throw new UserException(ExitCode.MACHINE, String.valueOf(e.getMessage()));
    }
    RunSpec spec = manifest.spec();
    RunSpec.Model model = spec.model();
    dashboard
        .monitor()
        .run(
            new RunInfo(
                manifest.runId(),
                spec.name(),
                invitation.toString(),
                "gpt, %d layers, width %d, context %d"
                    .formatted(model.layers(), model.width(), model.context()),
                "byte",
                parameters(model),
                spec.training().targetBatch(),
                Instant.now(),
                manifest.coordinator().toString()));
    Watcher watcher =
        node.onLoop(
            () ->
                CompletableFuture.completedFuture(
                    new Watcher(
                        node.network(),
                        node.dht(),
                        new SwarmProgress(node.network(), node.rpc(), node.dht(), manifest.runId()),
                        dashboard.monitor(),
                        manifest.runId(),
                        spec,
                        dashboard.lastEpoch(manifest.runId()))));
    node.execute(watcher::start);
    return new Observer(dashboard, node, watcher);
  }

  public URI url() {
    return URI.create(String.valueOf(dashboard.url()));
  }

  /** How far the peers seen so far agree. */
  public Agreement agreement() {
    return node.onLoop(() -> CompletableFuture.completedFuture(watcher.agreement()));
  }

  /** How many trainers are there. */
  public int trainers() {
    return node.onLoop(() -> CompletableFuture.completedFuture(watcher.trainers()));
  }

  @Override
  public void close() {
    dashboard.close();
  }

  private static long parameters(RunSpec.Model model) {
    return Layout.of(new GptConfig(model.layers(), model.heads(), model.width(), model.context()))
        .size();
  }
}
