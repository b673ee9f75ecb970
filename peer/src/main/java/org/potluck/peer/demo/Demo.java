package org.potluck.peer.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.DashboardOptions;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.report.RunReport;
import org.potluck.peer.run.Agreement;
import org.potluck.peer.run.Node;
import org.potluck.peer.run.Observer;
import org.potluck.peer.run.Trouble;
import org.slf4j.LoggerFactory;

/** A whole run on one machine: a coordinator in this process, every trainer in its own. */
public final class Demo {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration FINISH_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(25);
  private static final long LOOK_EVERY_MILLIS = 100;

  private final Wishes wishes;
  private final PrintWriter out;
  private volatile boolean stopped;

  /**
   * What was asked for on the command line.
   *
   * @param epochs after how many to stop; zero for none
   * @param limit how long to train, from when all peers are there
   * @param data text to train on, null for the default corpus
   * @param report where to write the report, null for nowhere
   */
  public record Wishes(
      int peers,
      long epochs,
      Duration limit,
      @Nullable Path data,
      @Nullable Path report,
      boolean browser,
      int dashboardPort) {}

  public Demo(Wishes wishes, PrintWriter out) {
    this.wishes = wishes;
    this.out = out;
  }

  /** Runs to the end and says whether the peers agree. */
  public ExitCode run() throws UserException, IOException, InterruptedException {
    Path data = wishes.data();
    if (data != null && !Files.exists(data)) {
      throw new UserException(ExitCode.INPUT, "no such file or folder: " + data + "; see --data");
    }
    Path folder = Files.createTempDirectory("potluck-demo-");
    try {
      return run(folder);
    } finally {
      delete(folder);
    }
  }

  /** From any thread; {@link #run} ends the peers soon and tells how far they came. */
  public void stop() {
    stopped = true;
  }

  private ExitCode run(Path folder) throws UserException, IOException, InterruptedException {
    Instant started = Instant.now();
    Identity identity = Identity.generate(new SecureRandom());
    SignedManifest manifest = SignedManifest.sign(spec(), identity);
    List<PeerProcess> processes = new ArrayList<>();
    String dashboard;
    Agreement agreement;
    boolean allCame;
    try (Node node = Node.start(identity, List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")))) {
      node.bootstrap(List.of());
      Invitation invitation = new Invitation(manifest.runId(), node.addresses());
      DashboardOptions options = DashboardOptions.local().withPort(wishes.dashboardPort());
      try (Observer observer = Observer.start(node, manifest, invitation, options)) {
        dashboard = observer.url().toString();
        out.printf("%d peers train one model; see it at %s%n", wishes.peers(), dashboard);
        out.flush();
        if (wishes.browser()) {
          Browser.open(observer.url());
        }
        for (int i = 1; i <= wishes.peers(); i++) {
          processes.add(
              PeerProcess.start(
                  "peer-" + i,
                  invitation.toString(),
                  folder.resolve("peer-" + i),
                  List.of("--threads", "1"),
                  i == 1));
        }
        allCame = awaitStart(processes, observer);
        awaitEnd(processes, allCame);
        agreement = observer.agreement();
      }
    } finally {
      processes.forEach(PeerProcess::terminate);
    }
    return conclude(manifest.runId(), processes, started, dashboard, agreement, allCame);
  }

  /** Whether all came; a peer that ended before will not, and the others would wait for it. */
  private boolean awaitStart(List<PeerProcess> processes, Observer observer)
      throws InterruptedException {
    BooleanSupplier allThere = () -> observer.trainers() >= processes.size();
    BooleanSupplier allRun = () -> processes.stream().allMatch(PeerProcess::running);
    awaitUnless(START_LIMIT, () -> stopped || allThere.getAsBoolean() || !allRun.getAsBoolean());
    if (!stopped && allRun.getAsBoolean() && !allThere.getAsBoolean()) {
      out.printf(
          "only %d of %d peers were ready within %d s; they wait for the others%n",
          observer.trainers(), processes.size(), START_LIMIT.toSeconds());
      out.flush();
      return true;
    }
    return allThere.getAsBoolean();
  }

  /** The limit counts from when all are there: starting up is no part of the time to train. */
  private void awaitEnd(List<PeerProcess> processes, boolean allCame) throws InterruptedException {
    BooleanSupplier ended = () -> processes.stream().noneMatch(PeerProcess::running);
    if (allCame) {
      awaitUnless(wishes.limit(), () -> stopped || ended.getAsBoolean());
    }
    if (allCame && !stopped) {
      processes.forEach(PeerProcess::finish);
      awaitUnless(FINISH_LIMIT, () -> stopped || ended.getAsBoolean());
    }
    processes.forEach(PeerProcess::terminate);
    for (PeerProcess process : processes) {
      process.awaitEnd(STOP_LIMIT);
    }
  }

  private static void awaitUnless(Duration limit, BooleanSupplier over)
      throws InterruptedException {
    Instant end = Instant.now().plus(limit);
    while (!over.getAsBoolean() && Instant.now().isBefore(end)) {
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private ExitCode conclude(
      String run,
      List<PeerProcess> processes,
      Instant started,
      String dashboard,
      Agreement agreement,
      boolean allCame)
      throws UserException {
    List<PeerReport> reports = new ArrayList<>();
    for (PeerProcess process : processes) {
      process
          .report()
          .ifPresentOrElse(
              reports::add,
              () -> out.printf("%s ended without a report%s%n", process.name(), process.how()));
    }
    RunReport report =
        new RunReport(
            run,
            reports,
            reports.stream().mapToLong(PeerReport::epoch).max().orElse(0),
            Duration.between(started, Instant.now()).toMillis() / 1e3,
            mean(reports.stream().map(PeerReport::lossFirst)),
            mean(reports.stream().map(PeerReport::lossLast)),
            dashboard);
    write(report);
    ExitCode exitCode =
        report.epochs() > 0 ? tell(report, agreement) : tellNothing(report, processes, allCame);
    out.flush();
    return exitCode;
  }

  private void write(RunReport report) throws UserException {
    Path file = wishes.report();
    if (file == null) {
      return;
    }
    try {
      report.write(file);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE, "cannot write the report (%s); see --report".formatted(Trouble.of(e)));
    }
  }

  private ExitCode tellNothing(RunReport report, List<PeerProcess> processes, boolean allCame) {
    if (stopped) {
      out.printf("stopped after %.0f s, before an epoch was finished%n", report.seconds());
      return ExitCode.OK;
    }
    if (!allCame) {
      // What went wrong stands above, in the peers' own words.
      out.println("no epoch was finished: the peers could not begin");
      return processes.stream()
          .map(PeerProcess::exitCode)
          .flatMap(Optional::stream)
          .filter(exitCode -> exitCode != ExitCode.OK)
          .findFirst()
          .orElse(ExitCode.INTERNAL);
    }
    out.printf(
        "no epoch was finished in %.0f s: give the demo more time with --for, or fewer --peers%n",
        report.seconds());
    return ExitCode.DISAGREEMENT;
  }

  private ExitCode tell(RunReport report, Agreement agreement) {
    out.printf(
        "%d epochs in %.0f s; loss %.3f -> %.3f nats per byte%n",
        report.epochs(), report.seconds(), report.lossFirst(), report.lossLast());
    if (report.agreed() && agreement.disputed() == 0) {
      out.printf(
          "the peers hold the same parameters to the last bit (compared at %d epochs)%n",
          agreement.compared());
      out.println("a demo keeps nothing; 'init' and 'start' begin a run that lasts");
      return ExitCode.OK;
    }
    out.println("THE PEERS' PARAMETERS DIFFER:");
    agreement.disputes().forEach(out::println);
    report
        .peers()
        .forEach(
            peer ->
                out.printf("%s epoch %d %s%n", peer.name(), peer.epoch(), peer.parameterDigest()));
    return ExitCode.DISAGREEMENT;
  }

  private RunSpec spec() {
    Path data = wishes.data();
    return new RunSpec(
        "demo",
        new RunSpec.Model(2, 4, 128, 128),
        new RunSpec.Training(48, 4, 0.002, 5, 0.1, 1, wishes.epochs(), wishes.peers()),
        RunSpec.Averaging.means("float16"),
        new RunSpec.Data(data == null ? List.of() : List.of(data.toAbsolutePath().toString())));
  }

  private static double mean(Stream<Double> values) {
    return values
        .mapToDouble(Double::doubleValue)
        .filter(Double::isFinite)
        .average()
        .orElse(Double.NaN);
  }

  /** What cannot be deleted stays: it is in the system's own folder for such things. */
  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      LoggerFactory.getLogger(Demo.class).info("the demo's folder is not deleted", e);
    }
  }
}
