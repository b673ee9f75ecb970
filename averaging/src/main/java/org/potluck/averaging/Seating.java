package org.potluck.averaging;

import java.util.List;
import org.potluck.network.PeerId;

/**
 * Who sits in a round, in group order, and what each carries: what can be told of a round
 * afterwards.
 *
 * @param round its name in hexadecimal; empty where no group was found
 */
public record Seating(String round, List<Seat> seats) {
  /** No group was found. */
  public static final Seating NONE = new Seating("", List.of());

  public Seating {
    seats = List.copyOf(seats);
  }

  /**
   * One member.
   *
   * @param weight of its contribution, as it declared it
   * @param share of the vector that it reduces, 0 to 1
   */
  public record Seat(PeerId peer, double weight, double share) {}
}
