package org.potluck.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people really have on their disks. */
final class AwkwardInputTest {
  @TempDir private Path folder;
  private Path data;
  private Path cache;

  @BeforeEach
  void makeFolders() throws IOException {
    data = Files.createDirectories(folder.resolve("data"));
    cache = folder.resolve("cache");
  }

  private String text(Path path) throws IOException {
    try (Corpus _ = Corpus.open(List.of(path), cache);
        var cached = Files.list(cache)) {
      Path file = cached.filter(f -> f.toString().endsWith(".text")).findFirst().orElseThrow();
      return Files.readString(file);
    }
  }

  private static byte[] zip(String name, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(String content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(utf8(content));
    }
    return bytes.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void readsArchivesWithinArchivesButNotForEver() throws IOException {
    byte[] twice = zip("inner.zip", zip("a.txt", utf8("within two")));
    Files.write(data.resolve("1.zip"), twice);
    Files.write(data.resolve("2.zip"), zip("b.txt.gz", gzip("zipped gzip")));
    byte[] deep = utf8("too deep");
    for (int i = 0; i < 5; i++) {
      deep = zip(i == 0 ? "a.txt" : "a.zip", deep);
    }
    Files.write(data.resolve("3.zip"), deep);
    assertThat(text(data)).isEqualTo("within two\nzipped gzip\n");
  }

  @Test
  void readsZipEntriesWithNamesInOldCodePages() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes, StandardCharsets.ISO_8859_1)) {
      zip.putNextEntry(new ZipEntry("M\u00fcller.txt"));
      zip.write(utf8("Mueller"));
    }
    Files.write(data.resolve("old.zip"), bytes.toByteArray());
    assertThat(text(data)).isEqualTo("Mueller\n");
  }

  @Test
  void leavesByteOrderMarksAndEmptyFilesOut() throws IOException {
    Files.writeString(data.resolve("a.txt"), "\uFEFFmarked");
    Files.createFile(data.resolve("b.txt"));
    Files.writeString(data.resolve("c.jsonl"), "\uFEFF{\"text\": \"line\"}\n");
    assertThat(text(data)).isEqualTo("marked\nline\n");
  }

  @Test
  void followsLinksButNotInCircles() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("far.txt"), "far");
    Files.writeString(data.resolve("near.txt"), "near");
    Files.createSymbolicLink(data.resolve("a-link"), elsewhere);
    Files.createSymbolicLink(data.resolve("circle"), data);
    Files.createSymbolicLink(data.resolve("nowhere"), folder.resolve("missing"));
    Files.createSymbolicLink(data.resolve("itself"), data.resolve("itself"));
    Path link = Files.createSymbolicLink(folder.resolve("link-to-data"), data);
    assertThat(text(link)).isEqualTo("far\nnear\n");
  }

  @Test
  void readsFilesBiggerThanTheHeap() throws IOException {
    Path huge = data.resolve("huge.txt");
    long length = Runtime.getRuntime().maxMemory() + (3L << 30);
    try (var file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.write(utf8("x".repeat(10_000)));
      file.setLength(length); // a hole: no disk is used
      file.seek(length - 10_000);
      file.write(utf8("y".repeat(10_000)));
    }
    try (Corpus corpus = Corpus.open(List.of(huge), cache)) {
      assertThat(corpus.bytes()).isEqualTo(length);
      var window = new long[17];
      corpus.reader(16).draw(1, 2, 3, 4, window, 0);
      assertThat(window).containsOnly(0L);
    }
  }

  @Test
  void saysThatAFileIsNotText() throws IOException {
    Path utf16 =
        Files.write(folder.resolve("a.txt"), "two bytes".getBytes(StandardCharsets.UTF_16));
    assertThatThrownBy(() -> Corpus.open(List.of(utf16), cache))
        .isInstanceOf(CorpusException.class)
        .hasMessageContaining("a.txt is not text")
        .hasMessageContaining("UTF-8");
    Path renamed = Files.writeString(folder.resolve("b.zip"), "this was never an archive");
    assertThatThrownBy(() -> Corpus.open(List.of(renamed), cache))
        .hasMessageContaining("b.zip is damaged: not a zip archive");
    Path plain = Files.writeString(folder.resolve("c.gz"), "nor was this");
    assertThatThrownBy(() -> Corpus.open(List.of(plain), cache)).hasMessageContaining("damaged");
    Path empty = Files.createFile(folder.resolve("d.txt"));
    assertThatThrownBy(() -> Corpus.open(List.of(empty), cache)).hasMessageContaining("no text");
    assertThatThrownBy(() -> Corpus.open(List.of(Path.of("/dev/null")), cache))
        .hasMessageContaining("neither a file nor a folder");
  }

  @Test
  void saysWhichPathItMayNotRead() throws IOException {
    Path secret = Files.createDirectories(data.resolve("secret"));
    Files.writeString(secret.resolve("diary.txt"), "dear diary");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
    try {
      if (Files.isReadable(secret)) {
        System.out.println("this user may read everything: unreadable folders are not tested");
        return;
      }
      assertThatThrownBy(() -> Corpus.open(List.of(data), cache))
          .isInstanceOf(CorpusException.class)
          .hasMessageContaining("secret may not be read");
    } finally {
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rwx------"));
    }
  }
}
