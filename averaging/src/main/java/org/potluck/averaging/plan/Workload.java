package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Bandwidth;

/** The members' loads for one vector, with what was not measured filled in. */
final class Workload {
  /** Bytes a second below which a link carries nothing that counts. */
  static final double RATE_MIN = 1;

  private Workload() {}

  /**
   * One load per member, in group order.
   *
   * <p>A direction not measured yet counts as the median of those that are; when none is, all count
   * alike. A direction through which nothing passes makes the member reduce nothing and is left out
   * of the time: no share helps it, and it must not make all plans look equally bad.
   */
  static List<LinkLoad> of(
      List<PlanMember> members, double values, double upCodecBytes, double downCodecBytes) {
    double typicalUp = median(members.stream().mapToDouble(member -> rate(member.up(), 0)));
    double typicalDown = median(members.stream().mapToDouble(member -> rate(member.down(), 0)));
    double contributed =
        members.stream().mapToDouble(member -> member.contributedBytes(upCodecBytes)).sum();
    long receivers = members.stream().filter(PlanMember::receives).count();
    List<LinkLoad> loads = new ArrayList<>();
    for (PlanMember member : members) {
      double contributes = member.contributedBytes(upCodecBytes);
      int receives = member.receives() ? 1 : 0;
      double up = rate(member.up(), typicalUp);
      double down = rate(member.down(), typicalDown);
      double sent = contributes * values;
      double returned = downCodecBytes * values * (receivers - receives);
      double gathered = (contributed - contributes) * values;
      double received = downCodecBytes * values * receives;
      boolean reduces = member.reduces() && up > 0 && down > 0;
      loads.add(
          new LinkLoad(
              seconds(sent, up),
              seconds(returned - sent, up),
              seconds(received, down),
              seconds(gathered - received, down),
              reduces ? 1 : 0));
    }
    return loads;
  }

  /**
   * What a member says of its link, or what is typical. Less than {@link #RATE_MIN} is nothing:
   * divided by a rate near zero, bytes become times that no arithmetic holds.
   */
  private static double rate(@Nullable Bandwidth measured, double typical) {
    if (measured == null) {
      return typical;
    }
    double rate = measured.bytesPerSecond();
    return rate < RATE_MIN ? 0 : rate;
  }

  private static double seconds(double bytes, double rate) {
    return rate > 0 ? bytes / rate : 0;
  }

  /** Of the measured links that let anything through; one byte a second when there is none. */
  private static double median(DoubleStream links) {
    double[] rates = links.filter(rate -> rate > 0).sorted().toArray();
    return rates.length == 0 ? 1 : rates[(rates.length - 1) / 2] / 2 + rates[rates.length / 2] / 2;
  }

  /** When the last of them is done. */
  static double seconds(List<LinkLoad> loads, double[] shares) {
    double last = 0;
    for (int i = 0; i < shares.length; i++) {
      last = Math.max(last, loads.get(i).seconds(shares[i]));
    }
    return last;
  }
}
