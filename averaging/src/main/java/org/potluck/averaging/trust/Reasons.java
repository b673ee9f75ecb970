package org.potluck.averaging.trust;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What several peers say of one, in a sentence. */
public final class Reasons {
  private Reasons() {}

  /**
   * The reason that most give, figures aside: of the gravest of those who do, and of several the
   * first.
   *
   * @param gravity how much each of {@code said} counts
   * @return empty where nothing was said
   */
  public static <T> String most(
      List<T> said, Function<T, String> reason, ToDoubleFunction<T> gravity) {
    Map<String, List<T>> alike = new LinkedHashMap<>();
    for (T each : said) {
      String sentence = reason.apply(each).replaceAll("[0-9.]+", "#");
      alike.computeIfAbsent(sentence, absent -> new ArrayList<>()).add(each);
    }
    return alike.values().stream()
        .max(Comparator.comparingDouble(same -> same.stream().mapToDouble(gravity).sum()))
        .flatMap(most -> most.stream().max(Comparator.comparingDouble(gravity)))
        .map(reason)
        .orElse("");
  }
}
