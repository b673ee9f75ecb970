package org.potluck.peer.bench.worker;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.state.StateLimits;
import org.potluck.peer.run.NetworkSwarm;
import org.potluck.peer.training.Membership;
import org.potluck.peer.training.PeerCard;
import org.potluck.peer.training.Swarm;
import org.potluck.peer.training.TrainingListener;
import org.potluck.peer.training.TrainingLoop;
import org.potluck.peer.training.TrainingPlan;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.Model;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.TrainerState;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/**
 * The program's own training loop on the model {@code gpt-3m}, once with the network and once with
 * nobody: the difference is what collaborating costs.
 */
final class Training {
  private static final int MICRO_BATCH = 16;

  private Training() {}

  static Reply of(Order.Train order, @Nullable Seat seat) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("potluck-bench");
    Path text = folder.resolve("random.txt");
    Files.write(text, letters());
    TrainerConfig config =
        new TrainerConfig(
            new GptConfig(4, 4, 256, 128, 1024, false),
            AdamWConfig.of(new LearningRate(3e-4, 3e-4, 0, 0)),
            1,
            order.threads(),
            DeviceChoice.CPU);
    try (Corpus corpus = Corpus.open(List.of(text), folder);
        GptTrainer trainer = GptTrainer.create(config, corpus)) {
      Swarm swarm =
          order.run().isEmpty() || seat == null
              ? new Nobody()
              : NetworkSwarm.join(
                  seat.node(),
                  new Membership.Terms(
                      order.run(),
                      NetworkSwarm.gradients(
                          order.run(),
                          "float16",
                          trainer.parameterCount(),
                          new Outlook.Target(order.targetBatch(), MICRO_BATCH)),
                      AveragingOptions.defaults(),
                      StateLimits.usual(trainer.parameterCount() * 12 + (1 << 20))),
                  new PeerCard("bench", Role.TRAINER, trainer.device(), config.model().context()),
                  null);
      Stopwatch stopwatch = new Stopwatch();
      TrainingPlan plan =
          new TrainingPlan(order.targetBatch(), MICRO_BATCH, order.epochs(), order.drawer());
      new TrainingLoop(trainer, swarm, plan, stopwatch, InstantSource.system()).run();
      return new Reply.Trained(stopwatch.samples, stopwatch.seconds, trainer.parameterDigest());
    } finally {
      Files.deleteIfExists(text);
      Files.deleteIfExists(folder);
    }
  }

  private static byte[] letters() {
    byte[] bytes = new byte[1 << 20];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (32 + random.nextInt(95));
    }
    return bytes;
  }

  /** Counts from the end of the second epoch: until then all warms up and finds each other. */
  private static final class Stopwatch implements TrainingListener {
    private static final int WARMUP_STEPS = 2;

    private long startedNanos;
    private long samples;
    private double seconds;
    private int steps;

    @Override
    public void stepped(Model model, double loss, long stepSamples, Duration took) {
      long now = System.nanoTime();
      if (++steps > WARMUP_STEPS) {
        samples += stepSamples;
        seconds = (now - startedNanos) / 1e9;
      } else {
        startedNanos = now;
      }
    }
  }

  /** A swarm without others: the average is what this peer brought. */
  private static final class Nobody implements Swarm {
    @Override
    public SwarmView report(OwnProgress progress) {
      return new SwarmView(progress.epoch(), false, progress.samples(), 1);
    }

    @Override
    public void withdraw() {}

    @Override
    public boolean othersBehind(long epoch) {
      return false;
    }

    @Override
    public void leave(OwnProgress progress) {}

    @Override
    public void awaitChange(Duration limit) {}

    @Override
    public RoundOutcome average(long epoch, MemorySegment gradients, long samples) {
      return new RoundOutcome.Averaged(
          gradients,
          samples,
          List.of(),
          List.of(),
          new RoundOutcome.RoundTiming(Duration.ZERO, Duration.ZERO));
    }

    @Override
    public Optional<TrainerState> download(long epoch) {
      return Optional.empty();
    }

    @Override
    public void offer(TrainerState state, String digest) {}
  }
}
