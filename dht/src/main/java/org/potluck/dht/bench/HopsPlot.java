package org.potluck.dht.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws how many hops a search takes in swarms of growing size, as {@code docs/dht-hops.svg}. */
public final class HopsPlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;
  private static final int LEFT = 60;
  private static final int BOTTOM = 310;
  private static final int TOP = 40;
  private static final int RIGHT = 610;
  private static final int READS_PER_SECOND = 10;

  private final List<Churn.Outcome> outcomes;
  private final double hopsMax;

  private HopsPlot(List<Churn.Outcome> outcomes) {
    this.outcomes = outcomes;
    hopsMax = 1 + outcomes.stream().mapToDouble(Churn.Outcome::hops99).max().orElse(1);
  }

  /** Arguments: the file, then the sizes; measures each with churn for two virtual minutes. */
  public static void main(String[] arguments) throws IOException {
    List<Churn.Outcome> outcomes = new ArrayList<>();
    for (int i = 1; i < arguments.length; i++) {
      Churn.Outcome outcome =
          Churn.run(
              i,
              Integer.parseInt(arguments[i]),
              Duration.ofMinutes(30),
              Duration.ofMinutes(2),
              READS_PER_SECOND);
      System.out.println(outcome);
      outcomes.add(outcome);
      Files.writeString(Path.of(arguments[0]), new HopsPlot(outcomes).svg());
    }
  }

  private String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif"
            font-size="12">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="%d" y="22" font-size="14">Hops of a search by size of the swarm \
        (simulated, median session 30 min)</text>
        <text x="%d" y="%d" text-anchor="middle">nodes (logarithmic)</text>
        """
            .formatted(WIDTH, HEIGHT, LEFT, (LEFT + RIGHT) / 2, HEIGHT - 8));
    for (int hop = 0; hop <= hopsMax; hop++) {
      svg.append(line(LEFT, y(hop), RIGHT, y(hop), "#ddd"));
      svg.append(text(LEFT - 10, y(hop) + 4, "end", String.valueOf(hop)));
    }
    for (Churn.Outcome outcome : outcomes) {
      double x = x(outcome.nodes());
      svg.append(line(x, BOTTOM, x, BOTTOM + 5, "#888"));
      svg.append(text(x, BOTTOM + 20, "middle", String.valueOf(outcome.nodes())));
    }
    curve(svg, "#0a6", "mean", outcomes.stream().map(Churn.Outcome::hopsMean).toList());
    curve(
        svg,
        "#c40",
        "99th percentile",
        outcomes.stream().map(one -> (double) one.hops99()).toList());
    curve(
        svg,
        "#999",
        "log2(n) / 5",
        outcomes.stream().map(one -> Math.log(one.nodes()) / Math.log(32)).toList());
    return svg.append("</svg>\n").toString();
  }

  private void curve(StringBuilder svg, String colour, String name, List<Double> hops) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < outcomes.size(); i++) {
      double x = x(outcomes.get(i).nodes());
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y(hops.get(i))));
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
              x,
              y(hops.get(i)),
              colour));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>%n",
            points,
            colour));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%.1f\" fill=\"%s\" text-anchor=\"end\">%s</text>%n",
            RIGHT,
            y(hops.getLast()) - 8,
            colour,
            name));
  }

  private double x(int nodes) {
    double least = Math.log(outcomes.getFirst().nodes());
    double most = Math.log(outcomes.getLast().nodes());
    return most == least
        ? LEFT
        : LEFT + 20 + (RIGHT - LEFT - 40) * (Math.log(nodes) - least) / (most - least);
  }

  private double y(double hops) {
    return BOTTOM - (BOTTOM - TOP) * hops / hopsMax;
  }

  private static String line(double x1, double y1, double x2, double y2, String colour) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
        x1,
        y1,
        x2,
        y2,
        colour);
  }

  private static String text(double x, double y, String anchor, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        text);
  }
}
