package org.potluck.averaging.exchange;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * The groups that one peer goes through in a round: one, or on a grid one after the other.
 *
 * <p>On a grid all groups cut the vector into the same chunks, whoever reduces them, because what
 * comes out of a chunk depends on where it begins: so all groups of a stage that average the same
 * means end with the same bits.
 *
 * @param name random, in hexadecimal; the same for all members of the grid; with one group its own
 * @param peers how many take part, over all groups
 * @param stages in order; what comes out of one is brought to the next
 */
public record Course(String name, int peers, List<Group> stages) {
  /** Groups of two would need so many for a thousand peers. */
  public static final int STAGES_MAX = 10;

  public Course {
    stages = List.copyOf(stages);
    if (stages.isEmpty() || stages.size() > STAGES_MAX) {
      throw new IllegalArgumentException(stages.size() + " stages");
    }
    if (peers < stages.getFirst().members().size() || peers > Group.MEMBERS_MAX) {
      throw new IllegalArgumentException(peers + " peers");
    }
    if (peers > peersMax(stages)) {
      throw new IllegalArgumentException(peers + " peers in groups that hold fewer");
    }
    for (int i = 0; i < stages.size(); i++) {
      check(stages, i);
    }
  }

  /**
   * As many as groups of these sizes can bring together: so nobody is told that the few it sees are
   * part of something large. A row may have a guest where this one has none.
   */
  private static long peersMax(List<Group> stages) {
    if (stages.size() == 1) {
      return stages.getFirst().members().size();
    }
    long most = stages.getFirst().members().size() + 1L;
    for (Group stage : stages.subList(1, stages.size())) {
      most = Math.min(Group.MEMBERS_MAX, most * stage.members().size());
    }
    return most;
  }

  private static void check(List<Group> stages, int number) {
    Group stage = stages.get(number);
    Group first = stages.getFirst();
    boolean alike =
        stage.key().equals(first.key())
            && stage.epoch() == first.epoch()
            && stage.length() == first.length()
            && stage.chunkValues() == first.chunkValues()
            && stage.codecDown().equals(first.codecDown())
            && stage.carried() == (number > 0);
    if (!alike || (stages.size() > 1 && !inWholeChunks(stage))) {
      throw new IllegalArgumentException("stages that do not follow from each other");
    }
  }

  private static boolean inWholeChunks(Group group) {
    long start = 0;
    for (Member member : group.members()) {
      if (member.share() > 0 && start % group.chunkValues() != 0) {
        return false;
      }
      start += member.share();
    }
    return true;
  }

  /** Through one group only. */
  public static Course of(Group group) {
    return new Course(group.round(), group.members().size(), List.of(group));
  }

  /** Whether {@code peer} is in every group. */
  public boolean isFor(PeerId peer) {
    return stages.stream().allMatch(stage -> stage.indexOf(peer) >= 0);
  }

  /** The members of the first {@code count} groups, each once. */
  List<Member> members(int count) {
    Map<PeerId, Member> members = new LinkedHashMap<>();
    for (Group stage : stages.subList(0, count)) {
      stage.members().forEach(member -> members.putIfAbsent(member.peer(), member));
    }
    return List.copyOf(members.values());
  }
}
