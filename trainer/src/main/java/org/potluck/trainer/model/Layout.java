package org.potluck.trainer.model;

import java.util.ArrayList;
import java.util.List;
import org.potluck.trainer.model.Tensor.First;

/**
 * Where each tensor lies in the flat vector of all parameters.
 *
 * <p>One flat vector, not a map of tensors, is the truth: the averaging, the optimizer and the
 * digest want exactly that, and PyTorch sees it as one leaf whose pieces are views, so that a whole
 * model's gradient comes back in one piece and in this order.
 */
public final class Layout {
  private final List<Tensor> tensors;
  private final int size;

  private Layout(List<Tensor> tensors) {
    this.tensors = List.copyOf(tensors);
    this.size = tensors.getLast().end();
  }

  public static Layout of(GptConfig config) {
    var list = new Builder();
    int width = config.width();
    list.add("transformer.wte.weight", config.vocabulary(), width, First.NORMAL);
    list.add("transformer.wpe.weight", config.context(), width, First.NORMAL);
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "transformer.h." + layer + ".";
      list.norm(prefix + "ln_1", width);
      list.linear(prefix + "attn.c_attn", 3 * width, width, First.NORMAL);
      list.linear(prefix + "attn.c_proj", width, width, First.RESIDUAL);
      list.norm(prefix + "ln_2", width);
      list.linear(prefix + "mlp.c_fc", 4 * width, width, First.NORMAL);
      list.linear(prefix + "mlp.c_proj", width, 4 * width, First.RESIDUAL);
    }
    list.norm("transformer.ln_f", width);
    if (!config.tied()) {
      list.add("lm_head.weight", config.vocabulary(), width, First.NORMAL);
    }
    return new Layout(list.tensors);
  }

  /** All tensors in the order of the flat vector, without gaps. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** Number of parameters. */
  public int size() {
    return size;
  }

  private static final class Builder {
    private final List<Tensor> tensors = new ArrayList<>();

    void norm(String name, int width) {
      add(name + ".weight", 1, width, First.ONES);
      add(name + ".bias", 1, width, First.ZEROS);
    }

    void linear(String name, int out, int in, First first) {
      add(name + ".weight", out, in, first);
      add(name + ".bias", 1, out, First.ZEROS);
    }

    void add(String name, int rows, int columns, First first) {
      int offset = tensors.isEmpty() ? 0 : tensors.getLast().end();
      long end = offset + (long) rows * columns;
      if (end > Integer.MAX_VALUE / Float.BYTES) {
        throw new IllegalArgumentException(
            "the model has more than 536 million parameters: lower model.width or model.layers");
      }
      tensors.add(new Tensor(name, rows, columns, offset, first));
    }
  }
}
