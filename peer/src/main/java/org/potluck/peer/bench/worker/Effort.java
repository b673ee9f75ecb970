package org.potluck.peer.bench.worker;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/**
 * What a process spent, in seconds.
 *
 * @param processor processor time of all its threads
 * @param compiler how long its just-in-time compilers were at work, by the wall clock: more than
 *     their processor time where the machine is busy
 */
public record Effort(double processor, double compiler) {
  public static final Effort NONE = new Effort(0, 0);

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  /** What this process has spent since it began. */
  static Effort soFar() {
    return new Effort(SYSTEM.getProcessCpuTime() / 1e9, COMPILER.getTotalCompilationTime() / 1e3);
  }

  Effort since(Effort before) {
    return new Effort(processor - before.processor, compiler - before.compiler);
  }

  /** What both spent together. */
  public Effort plus(Effort other) {
    return new Effort(processor + other.processor, compiler + other.compiler);
  }
}
