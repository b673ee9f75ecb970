package org.potluck.peer.simulate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.trainer.data.Corpus;

/**
 * What simulated peers train on: texts made by rule, which are the same everywhere and always, or
 * what lies in files; all of it, or a piece for each peer.
 *
 * <p>Peers of a real run have texts of their own, and their gradients differ by more than the draw
 * of samples. The texts made here have next to nothing in common but that they are bytes: sentences
 * of a few words, lines of a programming language, and tables of numbers.
 */
final class Texts implements AutoCloseable {
  /** One block of fifty is held out; of so much text that is 32 KiB. */
  private static final int TEXT_BYTES = 2_000_000;

  /** More is read of no folder. */
  private static final int FILES_BYTES_MAX = 64_000_000;

  private static final long SEED = 7;
  private static final String[] WORDS = {
    "bring ", "what ", "you ", "have ", "and ", "share ", "the ", "meal ", "with ", "all. "
  };
  private static final String[] NAMES = {"sum", "count", "i", "next", "left", "size", "node", "at"};
  private static final String[] LINES = {
    "  int # = # + #;\n",
    "  if (# < #) {\n    return #;\n  }\n",
    "  for (int # = 0; # < #; #++) {\n    #.add(#[#]);\n  }\n",
    "  #.#(#, #);\n",
    "}\n\nstatic int #(int #, int #) {\n",
  };

  private final Map<Portion, Corpus> opened = new LinkedHashMap<>();
  private @Nullable Path folder;

  /** Whether {@code text} is made by rule. */
  static boolean made(String text) {
    return text.equals("words") || text.equals("code") || text.equals("numbers");
  }

  Corpus of(Portion portion) throws IOException {
    Corpus present = opened.get(portion);
    if (present != null) {
      return present;
    }
    byte[] all = bytes(portion.text());
    int from = (int) ((long) all.length * portion.part() / portion.parts());
    int to = (int) ((long) all.length * (portion.part() + 1) / portion.parts());
    Path own = Files.createDirectories(folder().resolve(Integer.toString(opened.size())));
    Path file = Files.write(own.resolve("text.txt"), Arrays.copyOfRange(all, from, to));
    Corpus corpus = Corpus.open(List.of(file), own.resolve("cache"));
    opened.put(portion, corpus);
    return corpus;
  }

  @Override
  public void close() throws IOException {
    opened.values().forEach(Corpus::close);
    if (folder != null) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private Path folder() throws IOException {
    Path present = folder;
    if (present == null) {
      present = Files.createTempDirectory("potluck-simulate");
      folder = present;
    }
    return present;
  }

  private static byte[] bytes(String text) throws IOException {
    return made(text) ? make(text).getBytes(StandardCharsets.UTF_8) : read(Path.of(text));
  }

  private static String make(String text) {
    Random random = new Random(SEED);
    StringBuilder made = new StringBuilder();
    while (made.length() < TEXT_BYTES) {
      switch (text) {
        case "words" -> made.append(WORDS[random.nextInt(WORDS.length)]);
        case "code" -> code(made, random);
        case "numbers" -> numbers(made, random);
        default -> throw new IllegalArgumentException("no text is made by the name of " + text);
      }
    }
    return made.toString();
  }

  private static void code(StringBuilder made, Random random) {
    String line = LINES[random.nextInt(LINES.length)];
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '#') {
        made.append(NAMES[random.nextInt(NAMES.length)]);
      } else {
        made.append(line.charAt(i));
      }
    }
  }

  /** A row of a table: a number that rises, and two that are far below and above it. */
  private static void numbers(StringBuilder made, Random random) {
    int value = 100 + random.nextInt(900);
    made.append(value).append(',').append(value / 10).append(',').append(10 * value).append('\n');
  }

  /** A file, or all files of a folder in the order of their names. */
  private static byte[] read(Path place) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (all.size() + Files.size(file) <= FILES_BYTES_MAX) {
          all.write(Files.readAllBytes(file));
        }
      }
    } catch (UncheckedIOException e) {
      throw new IOException(place + " cannot be read", e);
    }
    return all.toByteArray();
  }
}
