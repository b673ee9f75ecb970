package org.potluck.trainer.model;

/** Where forward and backward run. */
public enum DeviceChoice {
  /** The GPU if PyTorch sees one, the processor otherwise. */
  AUTO,
  CPU,
  GPU
}
