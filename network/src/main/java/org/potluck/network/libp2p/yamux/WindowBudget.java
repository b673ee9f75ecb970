package org.potluck.network.libp2p.yamux;

/**
 * What all receive windows of a process may grow by together, beyond what every stream begins with.
 * Used on one loop.
 */
public final class WindowBudget {
  private long left;

  /**
   * @param bytes of growth, over all sessions
   */
  public WindowBudget(long bytes) {
    left = bytes;
  }

  /** Takes as much of {@code wanted} as is left. */
  int take(int wanted) {
    int taken = (int) Math.min(left, wanted);
    left -= taken;
    return taken;
  }

  void giveBack(long bytes) {
    left += bytes;
  }

  long left() {
    return left;
  }
}
