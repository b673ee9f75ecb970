package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * How a swarm that is too large for one group is seated on a grid, and the groups that average
 * along its axes one after the other (Moshpit, arXiv 2103.03239).
 *
 * <p>Every member has a seat with one coordinate per axis. In stage k those meet that differ in
 * coordinate k only. After stage 0 all members of a row hold one mean; each group of stage 1 has
 * one member of every row, so it averages all those means; and so on. After as many stages as there
 * are axes everybody holds the mean of all, if nobody is missing.
 *
 * <p>Moshpit leaves seats empty when the members are no full grid, and is exact only when they are.
 * Here the members beyond the full grid are guests: a guest contributes to its row in stage 0, and
 * later sits beside a host of that row, adding nothing (its values are in the row's mean already)
 * but receiving, and lending its link. No row has more than one guest. So any number of members
 * gets the exact mean.
 *
 * @param sides members along each axis, guests not counted
 * @param stages the groups of each stage; every member is in exactly one of each
 */
public record Grid(List<Integer> sides, List<List<Line>> stages) {
  /** The smallest groups a grid can be asked for. */
  public static final int GROUP_SIZE_MIN = 2;

  /**
   * One group of a stage.
   *
   * @param members numbers of the members; those with seats first, in the order of their coordinate
   *     along the axis, which in a stage is the same for all its groups
   * @param seats how many of them contribute
   */
  public record Line(List<Integer> members, int seats) {
    public Line {
      members = List.copyOf(members);
    }
  }

  public Grid {
    sides = List.copyOf(sides);
    stages = stages.stream().map(List::copyOf).toList();
  }

  /**
   * Seats the members 0 to {@code members}; the first are spread over all groups, so that whoever
   * is rare and needed everywhere should be among them.
   *
   * <p>Rows are as long as groups may be and the other sides as short as that allows: a stage of
   * groups of n moves 2(n-1)/n of the vector over each link, and one that is missing in a stage
   * costs the others of its group a detour.
   *
   * @param groupSize the largest group; with no more members than that there is one
   */
  public static Grid of(int members, int groupSize) {
    if (members < 1 || groupSize < GROUP_SIZE_MIN) {
      throw new IllegalArgumentException(members + " members in groups of " + groupSize);
    }
    List<Integer> later = laterSides(Math.ceilDiv(members, groupSize), groupSize);
    int rows = later.stream().reduce(1, Math::multiplyExact);
    return new Seats(members, rows, later).grid();
  }

  /** The sides after the first whose product is at least {@code rows}. */
  private static List<Integer> laterSides(int rows, int groupSize) {
    List<Integer> sides = new ArrayList<>();
    int left = rows;
    for (int axes = axes(rows, groupSize); axes > 0; axes--) {
      int side = rootRoundedUp(left, axes);
      sides.add(side);
      left = Math.ceilDiv(left, side);
    }
    return sides;
  }

  private static int axes(int rows, int groupSize) {
    int axes = 0;
    for (long product = 1; product < rows; product *= groupSize) {
      axes++;
    }
    return axes;
  }

  private static int rootRoundedUp(int value, int degree) {
    int root = 1;
    while (power(root, degree) < value) {
      root++;
    }
    return root;
  }

  private static long power(int base, int exponent) {
    long product = 1;
    for (int i = 0; i < exponent; i++) {
      product *= base;
    }
    return product;
  }

  /** Who sits where. */
  private static final class Seats {
    private final int members;
    private final int rows;
    private final int columns;
    private final List<Integer> later;
    private final int[] order;

    Seats(int members, int rows, List<Integer> later) {
      this.members = members;
      this.rows = rows;
      this.columns = members / rows;
      this.later = later;
      this.order = order(columns, later.stream().reduce(columns, Math::min));
    }

    /**
     * Where successive members of a row sit: 0, stride, 2 stride, ..., then 1, stride + 1, ...; as
     * neighbouring rows begin one further, few members of each row are in all groups.
     */
    private static int[] order(int columns, int stride) {
      int[] order = new int[columns];
      int next = 0;
      for (int first = 0; first < stride && next < columns; first++) {
        for (int column = first; column < columns; column += stride) {
          order[next++] = column;
        }
      }
      return order;
    }

    Grid grid() {
      List<Integer> sides = new ArrayList<>();
      sides.add(columns);
      sides.addAll(later);
      List<List<Line>> stages = new ArrayList<>();
      stages.add(rowGroups());
      for (int axis = 0; axis < later.size(); axis++) {
        stages.add(crossGroups(axis));
      }
      return new Grid(sides, stages);
    }

    private int row(int member) {
      return member % rows;
    }

    private boolean guest(int member) {
      return member / rows >= columns;
    }

    /** Along the first axis; a guest's is that of its host. */
    private int column(int member) {
      int row = row(member);
      return guest(member) ? row % columns : (order[member / rows] + digits(row)) % columns;
    }

    /** Sum of a row's coordinates along the later axes. */
    private int digits(int row) {
      int sum = 0;
      int left = row;
      for (int side : later) {
        sum += left % side;
        left /= side;
      }
      return sum;
    }

    private List<Line> rowGroups() {
      List<Line> groups = new ArrayList<>();
      for (int row = 0; row < rows; row++) {
        Integer[] seats = new Integer[columns];
        List<Integer> guests = new ArrayList<>();
        for (int member = row; member < members; member += rows) {
          if (guest(member)) {
            guests.add(member);
          } else {
            seats[column(member)] = member;
          }
        }
        List<Integer> all = new ArrayList<>(List.of(seats));
        all.addAll(guests);
        groups.add(new Line(all, all.size()));
      }
      return groups;
    }

    /**
     * Groups of those who differ in one later coordinate; that coordinate is a digit of the row.
     */
    private List<Line> crossGroups(int axis) {
      int side = later.get(axis);
      int stride = later.subList(0, axis).stream().reduce(1, Math::multiplyExact);
      int[][] at = seatsByColumnAndRow();
      List<Line> groups = new ArrayList<>();
      for (int row = 0; row < rows; row++) {
        if (row / stride % side != 0) {
          continue;
        }
        for (int column = 0; column < columns; column++) {
          List<Integer> seats = new ArrayList<>();
          List<Integer> guests = new ArrayList<>();
          for (int step = 0; step < side; step++) {
            int of = row + step * stride;
            seats.add(at[column][of]);
            int guest = columns * rows + of;
            if (guest < members && column(guest) == column) {
              guests.add(guest);
            }
          }
          seats.addAll(guests);
          groups.add(new Line(seats, side));
        }
      }
      return groups;
    }

    private int[][] seatsByColumnAndRow() {
      int[][] at = new int[columns][rows];
      for (int member = 0; member < columns * rows; member++) {
        at[column(member)][row(member)] = member;
      }
      return at;
    }
  }
}
