package org.potluck.network.simulation;

/** A simulation went wrong; the message holds the seed, the virtual time and the last events. */
public final class SimulationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SimulationException(String message) {
    super(message);
  }

  SimulationException(String message, Throwable cause) {
    super(message, cause);
  }
}
