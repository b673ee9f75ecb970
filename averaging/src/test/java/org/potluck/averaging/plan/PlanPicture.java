package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/** Draws the plans of four settings as one SVG, for the handbook. */
final class PlanPicture {
  private static final long LENGTH = 125_000_000;
  private static final Planner PLANNER = new Planner(CodecId.FLOAT16, CodecId.FLOAT16);
  private static final int WIDTH = 470;
  private static final int HEIGHT = 190;
  private static final int BAR_MAX = 200;

  /** Members that are alike. */
  record Kind(int count, String what, PlanMember member) {}

  /** One panel. */
  record Setting(String title, List<Kind> kinds) {
    List<PlanMember> members() {
      List<PlanMember> members = new ArrayList<>();
      kinds.forEach(kind -> members.addAll(Collections.nCopies(kind.count(), kind.member())));
      return members;
    }

    double plan() {
      return Planner.time(PLANNER.plan(members(), LENGTH).orElseThrow(), members());
    }

    double equalSplit() {
      return Planner.time(PLANNER.equalSplit(members(), LENGTH).orElseThrow(), members());
    }

    double parameterServer() {
      return Planner.time(PLANNER.parameterServer(members(), LENGTH).orElseThrow(), members());
    }

    /** Of the first member of each kind. */
    List<Double> shares() {
      List<Span> spans = PLANNER.plan(members(), LENGTH).orElseThrow().spans();
      List<Double> shares = new ArrayList<>();
      int next = 0;
      for (Kind kind : kinds) {
        shares.add((double) spans.get(next).length() / LENGTH);
        next += kind.count();
      }
      return shares;
    }
  }

  private PlanPicture() {}

  static Setting equalLinks() {
    return new Setting("Equal links: everybody reduces alike", List.of(trainers(8, 100, 100)));
  }

  static Setting fastServers() {
    return new Setting(
        "A few fast servers: they reduce everything",
        List.of(trainers(2, 1000, 1000), trainers(8, 50, 50)));
  }

  static Setting auxiliaries() {
    return new Setting(
        "Many slow peers with auxiliaries",
        List.of(
            trainers(24, 20, 100),
            new Kind(3, "auxiliary 200 / 200", PlanMember.auxiliary(mbit(200), mbit(200)))));
  }

  static Setting firewalled() {
    return new Setting(
        "Firewalled peers send and receive only",
        List.of(
            trainers(3, 100, 100),
            new Kind(5, "firewalled 20 / 100", PlanMember.firewalled(mbit(20), mbit(100)))));
  }

  static List<Setting> all() {
    return List.of(equalLinks(), fastServers(), auxiliaries(), firewalled());
  }

  private static Kind trainers(int count, int up, int down) {
    return new Kind(
        count, "trainer %d / %d".formatted(up, down), PlanMember.trainer(mbit(up), mbit(down)));
  }

  private static Bandwidth mbit(double megabits) {
    return Bandwidth.ofMegabitsPerSecond(megabits);
  }

  static String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
            .formatted(2 * WIDTH, 2 * HEIGHT));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    for (int i = 0; i < 4; i++) {
      panel(svg, all().get(i), i % 2 * WIDTH + 16, i / 2 * HEIGHT + 26);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder svg, Setting setting, int x, int y) {
    text(svg, x, y, 15, setting.title());
    List<Double> shares = setting.shares();
    for (int i = 0; i < shares.size(); i++) {
      int row = y + 26 + 24 * i;
      Kind kind = setting.kinds().get(i);
      text(svg, x, row, 12, "%d x %s".formatted(kind.count(), kind.what()));
      bar(svg, x + 170, row - 11, shares.get(i), "#2a78b8");
      text(svg, x + 180 + BAR_MAX * shares.get(i), row, 12, percent(shares.get(i)) + " each");
    }
    double longest = Math.max(setting.equalSplit(), setting.parameterServer());
    int below = y + 38 + 24 * shares.size();
    String[] names = {"this plan", "equal split", "one server"};
    double[] times = {setting.plan(), setting.equalSplit(), setting.parameterServer()};
    for (int i = 0; i < names.length; i++) {
      int row = below + 20 * i;
      text(svg, x, row, 12, names[i]);
      bar(svg, x + 170, row - 11, times[i] / longest, i == 0 ? "#3a9a5b" : "#b8b8b8");
      text(
          svg,
          x + 180 + BAR_MAX * times[i] / longest,
          row,
          12,
          String.format(Locale.ROOT, "%.0f s", times[i]));
    }
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static void bar(StringBuilder svg, double x, double y, double part, String colour) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.1f\" height=\"14\" fill=\"%s\"/>\n",
            x,
            y,
            BAR_MAX * part,
            colour));
  }

  private static void text(StringBuilder svg, double x, double y, int size, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.0f\" y=\"%.0f\" font-size=\"%d\">%s</text>\n",
            x,
            y,
            size,
            text));
  }
}
