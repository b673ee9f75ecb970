package org.potluck.averaging.plan;

import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/**
 * What the planner knows of one member.
 *
 * @param up measured upload; null when not measured yet
 * @param down measured download; null when not measured yet
 * @param contributes brings values of its own (weight above zero), so sends every span it does not
 *     reduce itself
 * @param receives wants the average, so downloads every span it does not reduce itself
 * @param reduces can be given a span: others can reach it and its role allows it
 * @param codec of its contribution, where it is another than the plan's
 */
public record PlanMember(
    @Nullable Bandwidth up,
    @Nullable Bandwidth down,
    boolean contributes,
    boolean receives,
    boolean reduces,
    @Nullable CodecId codec) {

  /** One that contributes in the plan's codec. */
  public PlanMember(
      @Nullable Bandwidth up,
      @Nullable Bandwidth down,
      boolean contributes,
      boolean receives,
      boolean reduces) {
    this(up, down, contributes, receives, reduces, null);
  }

  /** A trainer with a measured link that others can reach. */
  public static PlanMember trainer(Bandwidth up, Bandwidth down) {
    return new PlanMember(up, down, true, true, true);
  }

  /** A trainer that can only dial out: it sends and receives but reduces nothing. */
  public static PlanMember firewalled(Bandwidth up, Bandwidth down) {
    return new PlanMember(up, down, true, true, false);
  }

  /** A member that lends its link and wants nothing back. */
  public static PlanMember auxiliary(Bandwidth up, Bandwidth down) {
    return new PlanMember(up, down, false, false, true);
  }

  /**
   * Bytes of a value that it contributes; zero where it contributes nothing.
   *
   * @param usual of members without a codec of their own
   */
  double contributedBytes(double usual) {
    if (!contributes) {
      return 0;
    }
    return codec == null ? usual : codec.bytesPerValue();
  }
}
