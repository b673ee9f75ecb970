package org.potluck.peer.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.potluck.averaging.AveragingOptions;

/**
 * Everything that all peers of a run agree on. Its sections are those of {@code run.yaml}.
 *
 * @param name what people call the run, 1 to 60 characters
 */
public record RunSpec(
    @JsonProperty(required = true) String name,
    @JsonProperty(required = true) Model model,
    @JsonProperty(required = true) Training training,
    @JsonProperty(required = true) Averaging averaging,
    @JsonProperty(required = true) Data data) {
  public RunSpec {
    require(!name.isBlank() && name.length() <= 60, "name must have 1 to 60 characters");
  }

  /**
   * A byte-level GPT.
   *
   * @param context tokens that the model sees at once
   */
  public record Model(
      @JsonProperty(required = true) int layers,
      @JsonProperty(required = true) int heads,
      @JsonProperty(required = true) int width,
      @JsonProperty(required = true) int context) {
    public Model {
      require(layers >= 1 && layers <= 96, "model.layers must be between 1 and 96");
      require(heads >= 1 && heads <= 128, "model.heads must be between 1 and 128");
      require(width >= 8 && width <= 16_384, "model.width must be between 8 and 16384");
      require(width % heads == 0, "model.width must be a multiple of model.heads");
      require(context >= 8 && context <= 8_192, "model.context must be between 8 and 8192");
    }
  }

  /**
   * How the model learns. One epoch is one optimizer step over {@code target-batch} samples of the
   * whole swarm.
   *
   * @param targetBatch samples per epoch over all peers
   * @param microBatch samples that a peer runs through the model at once
   * @param epochs after how many the run is complete; zero for never
   * @param beginWith trainers that have to be there before the first step, so that a run does not
   *     begin as several
   */
  public record Training(
      @JsonProperty(value = "target-batch", required = true) int targetBatch,
      @JsonProperty(value = "micro-batch", required = true) int microBatch,
      @JsonProperty(value = "learning-rate", required = true) double learningRate,
      @JsonProperty(value = "warmup-epochs", required = true) int warmupEpochs,
      @JsonProperty(value = "weight-decay", required = true) double weightDecay,
      @JsonProperty(required = true) long seed,
      @JsonProperty(required = true) long epochs,
      @JsonProperty(value = "begin-with", required = true) int beginWith) {
    public Training {
      require(
          targetBatch >= 1 && targetBatch <= 1_000_000,
          "training.target-batch must be between 1 and 1000000");
      require(
          microBatch >= 1 && microBatch <= targetBatch,
          "training.micro-batch must be between 1 and training.target-batch");
      require(
          learningRate > 0 && learningRate < 1, "training.learning-rate must be between 0 and 1");
      require(warmupEpochs >= 0, "training.warmup-epochs must be zero or more");
      require(weightDecay >= 0 && weightDecay < 1, "training.weight-decay must be between 0 and 1");
      require(epochs >= 0, "training.epochs must be zero (no end) or more");
      require(
          beginWith >= 1 && beginWith <= 1000, "training.begin-with must be between 1 and 1000");
    }
  }

  /**
   * How contributions travel.
   *
   * @param codec {@code auto}, or one of {@code none}, {@code float16}, {@code float16-scaled},
   *     {@code int8}, {@code int8-uniform}, {@code int4}, {@code sparse}; what the last two drop is
   *     added to later rounds
   * @param groupSize how many peers average in one group at most; more are seated on a grid
   * @param aggregation {@code mean}, or {@code centered-clip}, in which nobody pulls further than
   *     others do
   * @param clipRadius how far that is, in medians of the contributions' distances to their median
   * @param clipIterations how often the centre is moved
   * @param audits how many contributions of a group other members compute again in each round, and
   *     how many averages they make again
   */
  public record Averaging(
      @JsonProperty(required = true) String codec,
      @JsonProperty(value = "group-size", required = true) int groupSize,
      @JsonProperty(required = true) String aggregation,
      @JsonProperty(value = "clip-radius", required = true) double clipRadius,
      @JsonProperty(value = "clip-iterations", required = true) int clipIterations,
      @JsonProperty(required = true) int audits) {
    private static final List<String> AGGREGATIONS = List.of("mean", "centered-clip");
    private static final List<String> CODECS =
        List.of(
            "auto", "none", "float16", "float16-scaled", "int8", "int8-uniform", "int4", "sparse");

    public Averaging {
      require(CODECS.contains(codec), "averaging.codec must be one of " + CODECS);
      require(
          groupSize >= 2 && groupSize <= 1024, "averaging.group-size must be between 2 and 1024");
      require(
          AGGREGATIONS.contains(aggregation),
          "averaging.aggregation must be one of " + AGGREGATIONS);
      require(
          clipRadius > 0 && clipRadius <= 100, "averaging.clip-radius must be above 0, up to 100");
      require(
          clipIterations >= 1 && clipIterations <= 1000,
          "averaging.clip-iterations must be between 1 and 1000");
      require(audits >= 0 && audits <= 1024, "averaging.audits must be between 0 and 1024");
      require(
          audits == 0 || !CodecChoice.of(codec).up().isCoarse(),
          "averaging.audits must be 0 with averaging.codec "
              + codec
              + ": what that codec drops is added to later contributions, so they are no longer the"
              + " gradients of their samples");
    }

    /** Plain means, travelling as {@code codec}. */
    public static Averaging means(String codec) {
      return new Averaging(codec, AveragingOptions.GROUP_SIZE, "mean", 1, 20, 0);
    }
  }

  /**
   * What the model reads.
   *
   * @param paths files, folders or archives on each volunteer's machine; empty for the corpus that
   *     comes with the program
   */
  public record Data(@JsonProperty(required = true) List<String> paths) {
    public Data {
      paths = List.copyOf(paths);
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
