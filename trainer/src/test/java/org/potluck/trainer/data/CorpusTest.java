package org.potluck.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.trainer.data.Windows.Span;

final class CorpusTest {
  private static final String WORDS = "All work and no play makes Jack a dull boy. ".repeat(40);

  @TempDir private Path folder;

  private String text(Path path) throws IOException {
    try (Corpus corpus = Corpus.open(List.of(path), folder.resolve("cache"))) {
      Path cached = only(folder.resolve("cache"));
      assertThat(corpus.bytes()).isEqualTo(Files.size(cached));
      return Files.readString(cached);
    }
  }

  private static Path only(Path cache) throws IOException {
    try (var files = Files.list(cache)) {
      return files.filter(file -> file.toString().endsWith(".text")).findFirst().orElseThrow();
    }
  }

  private interface Wrap {
    OutputStream around(OutputStream out) throws IOException;
  }

  private Path compressed(String name, String content, Wrap wrap) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (OutputStream out = wrap.around(bytes)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return Files.write(folder.resolve(name), bytes.toByteArray());
  }

  @Test
  void readsGzip() throws IOException {
    assertThat(text(compressed("a.txt.gz", WORDS, GZIPOutputStream::new))).isEqualTo(WORDS + "\n");
  }

  @Test
  void readsZstd() throws IOException {
    assertThat(text(compressed("a.zst", WORDS, ZstdOutputStream::new))).isEqualTo(WORDS + "\n");
  }

  @Test
  void readsJsonLines() throws IOException {
    String lines = "{\"text\": \"one\", \"n\": 1}\n\n{\"text\": \"zwei \u00fc\"}\n";
    assertThat(text(compressed("a.jsonl.gz", lines, GZIPOutputStream::new)))
        .isEqualTo("one\nzwei \u00fc\n");
  }

  @Test
  void readsSourcesFromJarsButNotTheirManifestOrClasses() throws IOException {
    Path jars = Files.createDirectories(folder.resolve("jars"));
    Path jar = jars.resolve("library-sources.jar");
    try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String name : List.of("META-INF/MANIFEST.MF", "org/A.java", "org/A.class", "b/B.java")) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(("// " + name).getBytes(StandardCharsets.UTF_8));
      }
      zip.putNextEntry(new ZipEntry("picture.png"));
      zip.write(new byte[] {1, 0, 2});
    }
    assertThat(text(jars)).isEqualTo("// org/A.java\n// b/B.java\n");
  }

  @Test
  void readsFoldersInOrderOfNames() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data/deep"));
    Files.writeString(data.resolve("z.txt"), "third");
    Files.writeString(folder.resolve("data/a.txt"), "first");
    Files.writeString(folder.resolve("data/b.md"), "second");
    Files.writeString(folder.resolve("data/.hidden"), "never");
    Files.write(folder.resolve("data/c.bin"), new byte[] {5, 0, 5});
    assertThat(text(folder.resolve("data"))).isEqualTo("first\nsecond\nthird\n");
  }

  @Test
  void mapsBigPlainFilesWhereTheyLie() throws IOException {
    Path big = Files.writeString(folder.resolve("big.txt"), WORDS.repeat(700));
    try (Corpus corpus = Corpus.open(List.of(big), folder.resolve("cache"))) {
      assertThat(corpus.bytes()).isEqualTo(Files.size(big));
      assertThat(folder.resolve("cache")).doesNotExist();
    }
  }

  @Test
  void drawsAreAPureFunction() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), WORDS.repeat(20));
    var drawn = new long[5][33];
    for (int i = 0; i < 5; i++) {
      long[][] numbers = {{1, 2, 3, 4}, {1, 2, 3, 4}, {9, 2, 3, 4}, {1, 2, 9, 4}, {1, 2, 3, 9}};
      try (Corpus corpus = Corpus.open(List.of(file), folder.resolve("cache" + i))) {
        long[] n = numbers[i];
        corpus.reader(32).draw(n[0], n[1], n[2], n[3], drawn[i], 0);
      }
    }
    assertThat(drawn[1]).containsExactly(drawn[0]);
    assertThat(drawn[2]).isNotEqualTo(drawn[0]);
    assertThat(drawn[3]).isNotEqualTo(drawn[0]);
    assertThat(drawn[4]).isNotEqualTo(drawn[0]);
    var bytes = new byte[33];
    for (int i = 0; i < 33; i++) {
      bytes[i] = (byte) drawn[0][i];
    }
    assertThat(WORDS.repeat(2)).contains(new String(bytes, StandardCharsets.UTF_8));
  }

  @Test
  void neverTrainsOnHeldOutText() {
    for (long length : new long[] {40, 66, 100, 5000, 1_000_000, 100_000_000}) {
      Split split = Split.of(List.of(length), 33);
      long covered = 0;
      for (Span span : split.training()) {
        covered += span.length();
        for (Span held : split.heldOut()) {
          assertThat(
                  span.start() + span.length() <= held.start()
                      || held.start() + held.length() <= span.start())
              .isTrue();
        }
      }
      long held = split.heldOut().stream().mapToLong(Span::length).sum();
      assertThat(covered + held).isEqualTo(length);
      if (length >= 66) {
        assertThat(held).isPositive();
      }
      if (length >= 1_000_000) {
        assertThat((double) held / length).isBetween(0.015, 0.025);
      }
    }
  }

  @Test
  void numbersEveryWindowOnce() {
    var windows = new Windows(List.of(new Span(0, 5, 3), new Span(1, 0, 2), new Span(2, 7, 4)), 3);
    assertThat(windows.count()).isEqualTo(3);
    assertThat(windows.place(0)).isEqualTo(new Windows.Place(0, 5));
    assertThat(windows.place(1)).isEqualTo(new Windows.Place(2, 7));
    assertThat(windows.place(2)).isEqualTo(new Windows.Place(2, 8));
  }

  @Test
  void saysWhatIsWrongWithTheData() throws IOException {
    Path cache = folder.resolve("cache");
    assertThatThrownBy(() -> Corpus.open(List.of(folder.resolve("nowhere")), cache))
        .isInstanceOf(CorpusException.class)
        .hasMessageContaining("nowhere does not exist");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> Corpus.open(List.of(empty), cache)).hasMessageContaining("no text");
    Path brief = Files.writeString(folder.resolve("brief.txt"), "brief");
    try (Corpus corpus = Corpus.open(List.of(brief), cache)) {
      assertThatThrownBy(() -> corpus.reader(64)).hasMessageContaining("model.context = 64");
    }
    Path lines = Files.writeString(folder.resolve("bad.jsonl"), "{\"text\": \"a\"}\n[1]\n");
    assertThatThrownBy(() -> Corpus.open(List.of(lines), cache)).hasMessageContaining("line 2");
    Path packed = compressed("big.gz", WORDS.repeat(9), GZIPOutputStream::new);
    assertThatThrownBy(() -> Corpus.open(List.of(packed), cache, 1000, Progress.NONE))
        .hasMessageContaining("data.cache-bytes-max");
    for (String name : List.of("cut.gz", "cut.zst")) {
      Wrap wrap = name.endsWith("gz") ? GZIPOutputStream::new : ZstdOutputStream::new;
      byte[] whole = Files.readAllBytes(compressed("whole", WORDS, wrap));
      Path cut =
          Files.write(folder.resolve(name), java.util.Arrays.copyOf(whole, whole.length / 2));
      assertThatThrownBy(() -> Corpus.open(List.of(cut), cache)).hasMessageContaining("damaged");
    }
  }
}
