package org.potluck.averaging.matchmaking;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.plan.Grid;
import org.potluck.network.PeerId;

/**
 * Makes the groups of those who came to a round: one while they are few, else those of a grid, on
 * which everybody has another place in every round.
 *
 * <p>Each is told its own groups only: a thousand peers would otherwise each have to be told of a
 * thousand.
 */
final class Courses {
  /** So many chunks to a member at least, so that whole chunks give it about its share. */
  private static final int CHUNKS_PER_MEMBER = 8;

  private final Surroundings around;
  private final RoundTerms terms;
  private final List<Declaration> joined;
  private final LinkCodecs codecs;
  private final int chunkValues;

  private Courses(Surroundings around, List<Declaration> joined, LinkCodecs codecs) {
    this.around = around;
    this.terms = codecs.terms();
    this.joined = joined;
    this.codecs = codecs;
    this.chunkValues = Rounds.chunkValues(around.options(), codecs.widest(), terms.codecDown());
  }

  /**
   * The way of each through the round.
   *
   * @param joined the members, in group order where they are one
   */
  static Map<PeerId, Course> of(Surroundings around, RoundTerms terms, List<Declaration> joined) {
    Courses draft = new Courses(around, joined, LinkCodecs.choose(around, terms, joined));
    boolean one = joined.size() <= around.options().groupSize();
    return one ? draft.together() : draft.onGrid();
  }

  private Map<PeerId, Course> together() {
    GroupDraft draft = GroupDraft.of(joined, codecs.own());
    SpanPlanner.Split split = draft.split(around, terms, Codec.BLOCK_VALUES);
    long longest = split.shares().stream().mapToLong(Long::longValue).max().orElse(0);
    Group group = draft.group(around, terms, chunks(longest, draft.slowest()), split);
    Course course = Course.of(group);
    Map<PeerId, Course> courses = new LinkedHashMap<>();
    joined.forEach(peer -> courses.put(peer.peer(), course));
    return courses;
  }

  private Map<PeerId, Course> onGrid() {
    List<Declaration> seated = shuffled(joined);
    Grid grid = Grid.of(seated.size(), around.options().groupSize());
    List<List<GroupDraft>> drafts = drafts(grid, seated);
    boolean linked = drafts.stream().flatMap(List::stream).allMatch(GroupDraft::linked);
    if (!linked) {
      return together();
    }
    int values = wholeChunks(grid, GroupDraft.of(joined, codecs.own()).slowest());
    Map<PeerId, List<Group>> stages = new LinkedHashMap<>();
    for (List<GroupDraft> stage : drafts) {
      for (GroupDraft draft : stage) {
        Group group = draft.group(around, terms, values, draft.split(around, terms, values));
        group
            .members()
            .forEach(
                member -> stages.computeIfAbsent(member.peer(), p -> new ArrayList<>()).add(group));
      }
    }
    String name = GroupDraft.name(around);
    Map<PeerId, Course> courses = new LinkedHashMap<>();
    stages.forEach((peer, groups) -> courses.put(peer, new Course(name, joined.size(), groups)));
    return courses;
  }

  /** By chance, but those that can be dialed first: every group needs one. */
  private List<Declaration> shuffled(List<Declaration> joined) {
    List<Declaration> reachable = new ArrayList<>();
    List<Declaration> others = new ArrayList<>();
    for (Declaration peer : joined) {
      (peer.reachable() ? reachable : others).add(peer);
    }
    shuffle(reachable, around.random());
    shuffle(others, around.random());
    reachable.addAll(others);
    return reachable;
  }

  private static void shuffle(List<Declaration> list, RandomGenerator random) {
    for (int i = list.size() - 1; i > 0; i--) {
      Collections.swap(list, i, random.nextInt(i + 1));
    }
  }

  private List<List<GroupDraft>> drafts(Grid grid, List<Declaration> seated) {
    double[] carried = new double[seated.size()];
    List<List<GroupDraft>> drafts = new ArrayList<>();
    for (List<Grid.Line> lines : grid.stages()) {
      boolean first = drafts.isEmpty();
      List<GroupDraft> stage = new ArrayList<>();
      double[] sums = new double[seated.size()];
      for (Grid.Line line : lines) {
        List<Declaration> peers = line.members().stream().map(seated::get).toList();
        GroupDraft draft =
            first
                ? GroupDraft.of(peers, codecs.own())
                : GroupDraft.carrying(peers, weights(line, carried));
        double sum = draft.weights().stream().mapToDouble(Double::doubleValue).sum();
        line.members().forEach(member -> sums[member] = sum);
        stage.add(draft);
      }
      System.arraycopy(sums, 0, carried, 0, sums.length);
      drafts.add(stage);
    }
    return drafts;
  }

  /** What each brings to a stage: all that came together in its group of the one before. */
  private static List<Double> weights(Grid.Line line, double[] carried) {
    List<Double> weights = new ArrayList<>();
    for (int i = 0; i < line.members().size(); i++) {
      weights.add(i < line.seats() ? carried[line.members().get(i)] : 0.0);
    }
    return weights;
  }

  /** Values of a chunk, so small that spans of whole chunks come near the members' shares. */
  private int wholeChunks(Grid grid, double slowest) {
    int largest =
        grid.stages().stream()
            .flatMap(List::stream)
            .mapToInt(line -> line.members().size())
            .max()
            .orElse(1);
    long fair = terms.length() / ((long) CHUNKS_PER_MEMBER * largest);
    long blocks = Math.max(Codec.BLOCK_VALUES, fair - fair % Codec.BLOCK_VALUES);
    return (int) Math.min(chunks(terms.length() / largest, slowest), blocks);
  }

  /**
   * @param span values of the longest
   */
  private int chunks(long span, double slowest) {
    double bytesPerValue =
        Math.max(codecs.widest().bytesPerValue(), terms.codecDown().bytesPerValue());
    return ChunkSize.values(chunkValues, span, slowest, bytesPerValue);
  }
}
