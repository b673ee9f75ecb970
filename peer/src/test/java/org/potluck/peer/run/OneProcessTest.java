package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.RunSpec;
import org.potluck.peer.manifest.SignedManifest;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.Swarm;
import org.potluck.peer.training.TrainingLoop;
import org.potluck.peer.training.TrainingPlan;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.TrainerState;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/**
 * Three peers that average through the network learn what one process learns from the same samples.
 *
 * <p>Who contributes how much is decided by timing, so it cannot be fixed beforehand without
 * testing something else than the program. Instead every peer keeps a diary, and one process then
 * draws, epoch by epoch, what those in the round had drawn: a draw is a pure function of seed, peer
 * and step. The comparison holds whatever the diaries say.
 */
final class OneProcessTest {
  private static final long EPOCHS = 20;
  private static final int TARGET_BATCH = 24;
  private static final int MICRO_BATCH = 2;
  private static final int BOOTSTRAP_ATTEMPTS = 10;
  private static final double TOLERANCE = 1e-4;
  private static final long DRAWS_PER_EPOCH = 1L << 20;

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Corpus corpus;

  @BeforeEach
  void writeTheText() throws IOException {
    var random = new Random(4);
    List<String> words = List.of("one", "peer", "learns", "what", "three", "others", "know", "too");
    var text = new StringBuilder();
    while (text.length() < 20_000) {
      text.append(words.get(random.nextInt(words.size())))
          .append(random.nextInt(6) == 0 ? ".\n" : " ");
    }
    Path file = Files.writeString(folder.resolve("text.txt"), text);
    corpus = Corpus.open(List.of(file), folder.resolve("cache"));
    open.add(corpus);
  }

  @AfterEach
  void closeAll() throws Exception {
    threads.shutdownNow();
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private GptTrainer trainer() throws IOException {
    var rate = new LearningRate(3e-3, 3e-4, 5, 0);
    var config =
        new TrainerConfig(
            new GptConfig(2, 2, 32, 16), AdamWConfig.of(rate), 11, 1, DeviceChoice.CPU);
    GptTrainer trainer = GptTrainer.create(config, corpus);
    open.add(trainer);
    return trainer;
  }

  private static RunSpec spec() {
    return new RunSpec(
        "three against one",
        new RunSpec.Model(2, 2, 32, 16),
        new RunSpec.Training(TARGET_BATCH, MICRO_BATCH, 3e-3, 5, 0.1, 11, EPOCHS, 3),
        RunSpec.Averaging.means("none"),
        new RunSpec.Data(List.of()));
  }

  @Test
  void threePeersLearnWhatOneProcessLearnsFromTheirSamples() throws Exception {
    List<Diary> diaries = trainTogether();
    GptTrainer one = trainer();
    Set<Long> shared = new TreeSet<>();
    for (long epoch = 0; epoch < EPOCHS; epoch++) {
      Diary.Step step = agreedStep(diaries, epoch);
      TrainerState before = one.state();
      List<Double> tried = new ArrayList<>();
      for (Map<Diary, Long> some : possibleContributions(diaries, epoch, step.round())) {
        one.restore(before);
        for (Map.Entry<Diary, Long> part : some.entrySet()) {
          if (part.getValue() < step.round().weight()) {
            shared.add(part.getKey().drawer);
          }
          replay(one, part.getKey(), epoch, part.getValue());
        }
        one.apply(one.gradients());
        tried.add(Diary.heldOut(one));
        if (Math.abs(tried.getLast() - step.heldOut()) <= TOLERANCE) {
          break;
        }
      }
      assertThat(tried.getLast())
          .as("held-out loss after epoch %d, tried %s", epoch, tried)
          .isCloseTo(step.heldOut(), within(TOLERANCE));
    }
    assertThat(shared).as("who ever shared an average with others").hasSize(diaries.size());
    assertThat(agreedStep(diaries, EPOCHS - 1).heldOut()).isLessThan(4.5);
  }

  /**
   * Whose contributions may be in the average, and which. A round does not wait for one that is
   * late, so the average's weight says whose they are; where several fit, only the loss can tell.
   */
  private static List<Map<Diary, Long>> possibleContributions(
      List<Diary> diaries, long epoch, RoundOutcome.Averaged round) {
    List<Map<Diary, Long>> possible = new ArrayList<>();
    possible.add(Map.of());
    for (Diary diary : diaries) {
      if (round.members().contains(diary.peer)) {
        for (Map<Diary, Long> some : List.copyOf(possible)) {
          for (long samples : diary.brought.getOrDefault(epoch, Set.of())) {
            if (samples > 0) {
              Map<Diary, Long> more = new LinkedHashMap<>(some);
              more.put(diary, samples);
              possible.add(more);
            }
          }
        }
      }
    }
    possible.removeIf(
        some -> some.values().stream().mapToLong(Long::longValue).sum() != (long) round.weight());
    assertThat(possible)
        .as("members of epoch %d that brought %s samples", epoch, round.weight())
        .isNotEmpty();
    return possible.reversed();
  }

  /**
   * What most of those who stepped in {@code epoch} hold. A peer may end up apart from the others
   * and then has to download their model; after the last epoch nobody may be apart.
   */
  private static Diary.Step agreedStep(List<Diary> diaries, long epoch) {
    Map<String, List<Diary.Step>> held =
        diaries.stream()
            .flatMap(diary -> Stream.ofNullable(diary.steps.get(epoch)))
            .collect(Collectors.groupingBy(Diary.Step::digest));
    assertThat(held).as("digests after epoch %d", epoch).isNotEmpty();
    if (held.size() > 1) {
      System.out.printf("%d models after epoch %d: a peer trained apart%n", held.size(), epoch);
      assertThat(epoch).as("the last epoch with a peer apart").isLessThan(EPOCHS - 1);
    }
    return held.values().stream()
        .max(Comparator.comparingInt(List::size))
        .map(List::getFirst)
        .orElseThrow();
  }

  private static void replay(GptTrainer one, Diary diary, long epoch, long samples) {
    double sum = 0;
    for (long drawn = 0; drawn < samples; drawn += MICRO_BATCH) {
      long step = epoch * DRAWS_PER_EPOCH + drawn / MICRO_BATCH;
      sum += one.accumulate(new SampleDraw(diary.drawer, step, MICRO_BATCH)).meanLoss();
    }
    Diary.Step own = diary.steps.get(epoch);
    if (own != null && samples > 0) {
      long batches = samples / MICRO_BATCH;
      assertThat(sum / batches)
          .as("loss in epoch %d on the samples of peer %d", epoch, diary.drawer)
          .isCloseTo(own.loss(), within(TOLERANCE));
    }
  }

  private List<Diary> trainTogether() throws Exception {
    SignedManifest manifest = SignedManifest.sign(spec(), Identity.generate(new SecureRandom()));
    List<Node> nodes = new ArrayList<>();
    List<NetworkSwarm> swarms = new ArrayList<>();
    List<GptTrainer> trainers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      nodes.add(node(nodes));
      trainers.add(trainer());
      var card = new PeerCard("peer-" + i, Role.TRAINER, "cpu", 16);
      swarms.add(
          VolunteerPeer.swarm(
              nodes.get(i), manifest, card, trainers.get(i).parameterCount(), null));
    }
    awaitEachOther(swarms, trainers.getFirst().parameterDigest());
    List<Diary> diaries = new ArrayList<>();
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Diary diary = new Diary(nodes.get(i).network().self(), i + 1);
      TrainingLoop loop =
          new TrainingLoop(
              trainers.get(i),
              swarms.get(i),
              new TrainingPlan(TARGET_BATCH, MICRO_BATCH, EPOCHS, diary.drawer, 3),
              diary,
              InstantSource.system());
      diaries.add(diary);
      running.add(
          threads.submit(
              () -> {
                loop.run();
                return null;
              }));
    }
    for (Future<?> end : running) {
      end.get();
    }
    return diaries;
  }

  private Node node(List<Node> others) throws UserException, InterruptedException {
    Node node =
        Node.start(
            Identity.generate(new SecureRandom()),
            List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")));
    open.add(node);
    bootstrap(node, others.isEmpty() ? List.of() : others.getFirst().addresses());
    return node;
  }

  /** The first handshake of a process waits for its classes; on a busy machine that is seconds. */
  private static void bootstrap(Node node, List<Multiaddr> known) throws UserException {
    for (int attempt = 1; ; attempt++) {
      try {
        node.bootstrap(known);
        return;
      } catch (UserException e) {
        if (attempt == BOOTSTRAP_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Nobody may begin while another still takes itself for alone: those would be two runs. */
  private static void awaitEachOther(List<NetworkSwarm> swarms, String digest)
      throws InterruptedException {
    var nothingYet =
        new Swarm.OwnProgress(0, 0, 0, 0, Double.NaN, digest, Swarm.Activity.TRAINING, 0);
    int met = 0;
    while (met < swarms.size()) {
      met = 0;
      for (NetworkSwarm swarm : swarms) {
        met += swarm.report(nothingYet).peers() == swarms.size() ? 1 : 0;
      }
      swarms.getFirst().awaitChange(Duration.ofMillis(100));
    }
  }
}
