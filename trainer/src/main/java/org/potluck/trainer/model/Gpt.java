package org.potluck.trainer.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * A GPT as PyTorch computes it: a pre-LN decoder over one flat parameter vector.
 *
 * <p>The obvious way, one DJL parameter per tensor, has two traps. The result of an operation is
 * attached to the manager of its receiver, so {@code parameter.transpose()} lives as long as the
 * model and leaks a tensor per step; and gradients come back in fifty pieces. Here the parameters
 * are <em>one</em> leaf. Each step splits it into views (one operation, whose backward is one
 * concatenation), and every array a step makes is registered in an {@link NDScope} that closes it.
 * A second scope per layer closes the activations that only that layer needed as soon as it is
 * done: what backward needs, PyTorch keeps by itself, and frees while it goes back.
 *
 * <p>A third trap: {@code x.mul(2)} puts the number into memory that the garbage collector may free
 * as soon as the call returns, while PyTorch has kept its address for backward; now and then a
 * gradient is then scaled by whatever lies there. So a number that backward needs is an array of
 * its own, which lives as long as the step or the model.
 *
 * <p>Gradients add up in the leaf until {@link #load} replaces it. DJL allows one gradient
 * collector per process at a time, hence the lock.
 */
public final class Gpt implements AutoCloseable {
  private static final float EPSILON = 1e-5f;
  private static final Object COLLECTOR = new Object();

  private final GptConfig config;
  private final Layout layout;
  private final long[] cuts;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final NDManager manager;
  private final String deviceNote;
  private final NDArray mask;
  private final NDArray attentionScale;
  private NDArray flat;

  /**
   * Builds the model on its device.
   *
   * @param threads threads of one operation; the first model of a process decides for all
   * @throws DeviceException if this machine has not what {@code choice} asks for
   */
  public Gpt(GptConfig config, Layout layout, DeviceChoice choice, int threads, float[] parameters)
      throws DeviceException {
    this.config = config;
    this.layout = layout;
    this.cuts = layout.tensors().stream().skip(1).mapToLong(Tensor::offset).toArray();
    Engine engine = PyTorch.start(threads);
    Device device = PyTorch.device(engine, choice);
    this.manager = engine.newBaseManager(device);
    this.deviceNote =
        choice == DeviceChoice.AUTO && !device.isGpu() ? PyTorch.whyNoGpu(engine) : "";
    this.memory = arena.allocate((long) layout.size() * Float.BYTES, 64);
    this.mask = mask(manager, config.context());
    this.attentionScale =
        manager.create((float) (1 / Math.sqrt((double) config.width() / config.heads())));
    this.flat = leaf(parameters);
  }

  /** Replaces all parameters and forgets the gradient. */
  public void load(float[] parameters) {
    flat.close();
    flat = leaf(parameters);
  }

  private NDArray leaf(float[] parameters) {
    MemorySegment.copy(parameters, 0, memory, ValueLayout.JAVA_FLOAT, 0, parameters.length);
    ByteBuffer bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    NDArray leaf = manager.create(bytes, new Shape(layout.size()), DataType.FLOAT32);
    leaf.setRequiresGradient(true);
    return leaf;
  }

  /**
   * Runs forward and backward, and adds the gradient of the <em>sum</em> over the rows of each
   * row's mean loss to what is there.
   *
   * @param tokens rows of context + 1 tokens, one after the other
   * @return mean loss in nats per token
   */
  public double backward(long[] tokens, int rows) {
    synchronized (COLLECTOR) {
      try (var _ = new NDScope();
          GradientCollector collector = manager.getEngine().newGradientCollector()) {
        NDArray mean = loss(flat, tokens, rows);
        NDArray count = manager.create((float) rows);
        collector.backward(mean.mul(count));
        return mean.getFloat();
      }
    }
  }

  /** The gradient added up since the last {@link #load}, or zeros. */
  public void gradient(float[] into) {
    // From a GPU the values pass through a second array, which must not outlive this call either.
    try (var _ = new NDScope()) {
      flat.getGradient()
          .toByteBuffer(true)
          .order(ByteOrder.nativeOrder())
          .asFloatBuffer()
          .get(into, 0, into.length);
    }
  }

  /** Mean loss in nats per token; rows as in {@link #backward}. */
  public double loss(long[] tokens, int rows) {
    try (var _ = new NDScope()) {
      return loss(flat.stopGradient(), tokens, rows).getFloat();
    }
  }

  /** The scores of every vocabulary entry after each position of one row, position by position. */
  public float[] logits(long[] tokens) {
    try (var _ = new NDScope()) {
      return forward(flat.stopGradient(), longs(tokens, 1, tokens.length)).toFloatArray();
    }
  }

  /** Arrays alive on the model's manager: three at rest. */
  public int arrays() {
    return manager.getManagedArrays().size();
  }

  /** What it runs on, such as {@code cpu} or {@code gpu0}. */
  public String device() {
    return manager.getDevice().toString().replaceAll("[()]", "");
  }

  /** Why it runs on the processor although a GPU would have been welcome; otherwise empty. */
  public String deviceNote() {
    return deviceNote;
  }

  private NDArray loss(NDArray leaf, long[] tokens, int rows) {
    int context = config.context();
    var input = new long[rows * context];
    var target = new long[rows * context];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(tokens, row * (context + 1), input, row * context, context);
      System.arraycopy(tokens, row * (context + 1) + 1, target, row * context, context);
    }
    NDArray logits = forward(leaf, longs(input, rows, context));
    NDArray labels = longs(target, rows * context, 1);
    return logits.logSoftmax(-1).gather(labels, 1).mean().neg();
  }

  /** From (rows, length) token numbers to (rows x length, vocabulary) scores. */
  private NDArray forward(NDArray leaf, NDArray tokens) {
    int length = Math.toIntExact(tokens.getShape().get(1));
    NDList pieces = leaf.split(cuts, 0);
    var weights = new Weights(pieces, layout);
    NDArray embedding = weights.next();
    NDArray positions = weights.next();
    NDArray causal = mask;
    if (length < config.context()) {
      positions = positions.get("0:" + length);
      causal = mask.get("0:" + length + ",0:" + length);
    }
    NDArray x = embed(tokens, embedding).add(positions);
    for (int layer = 0; layer < config.layers(); layer++) {
      NDArray y;
      try (var _ = new NDScope()) {
        y = block(x, causal, weights);
        NDScope.unregister(y);
      }
      NDScope.register(y);
      x.close();
      x = y;
    }
    NDArray last = norm(x, weights).reshape(-1, config.width());
    NDArray output = config.tied() ? embedding : weights.next();
    return last.getNDArrayInternal().linear(last, output, null).singletonOrThrow();
  }

  private NDArray block(NDArray x, NDArray causal, Weights weights) {
    NDArray attended = linear(attention(norm(x, weights), causal, weights), weights);
    NDArray middle = attended.addi(x);
    NDArray wide = linear(norm(middle, weights), weights).getNDArrayInternal().gelu();
    return linear(wide, weights).addi(middle);
  }

  private NDArray attention(NDArray x, NDArray causal, Weights weights) {
    Shape shape = x.getShape();
    NDList parts = linear(x, weights).split(3, 2);
    NDArray query = heads(parts.get(0)).mul(attentionScale);
    NDArray key = heads(parts.get(1)).transpose(0, 1, 3, 2);
    NDArray value = heads(parts.get(2));
    NDArray shares = query.matMul(key).addi(causal).softmax(-1);
    return shares.matMul(value).transpose(0, 2, 1, 3).reshape(shape);
  }

  private NDArray heads(NDArray x) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), config.heads(), config.width() / config.heads())
        .transpose(0, 2, 1, 3);
  }

  private static NDArray norm(NDArray x, Weights weights) {
    NDArray scale = weights.next();
    NDArray shift = weights.next();
    return x.getNDArrayInternal()
        .layerNorm(x, scale.getShape(), scale, shift, EPSILON)
        .singletonOrThrow();
  }

  private static NDArray linear(NDArray x, Weights weights) {
    NDArray weight = weights.next();
    NDArray bias = weights.next();
    return x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
  }

  private static NDArray embed(NDArray tokens, NDArray weight) {
    return tokens
        .getNDArrayInternal()
        .embedding(tokens, weight, ai.djl.ndarray.types.SparseFormat.DENSE)
        .singletonOrThrow();
  }

  private NDArray longs(long[] values, int rows, int columns) {
    return manager.create(LongBuffer.wrap(values), new Shape(rows, columns), DataType.INT64);
  }

  private static NDArray mask(NDManager manager, int context) {
    var values = new float[context * context];
    for (int row = 0; row < context; row++) {
      java.util.Arrays.fill(
          values, row * context + row + 1, (row + 1) * context, Float.NEGATIVE_INFINITY);
    }
    return manager.create(values, new Shape(context, context));
  }

  @Override
  public void close() {
    manager.close();
    arena.close();
  }

  /** Hands out the views of the tensors in the layout's order. */
  private static final class Weights {
    private final NDList pieces;
    private final Layout layout;
    private int next;

    Weights(NDList pieces, Layout layout) {
      this.pieces = pieces;
      this.layout = layout;
    }

    NDArray next() {
      Tensor tensor = layout.tensors().get(next);
      NDArray piece = pieces.get(next++);
      return tensor.matrix() ? piece.reshape(tensor.rows(), tensor.columns()) : piece;
    }
  }
}
