package org.potluck.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.potluck.trainer.data.Sources.Format;

/**
 * Writes the text of small files, archives, compressed files and JSON lines one after the other.
 */
final class Pack {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A line longer than this is no document but a mistake. */
  private static final int LINE_BYTES_MAX = 64 << 20;

  private final OutputStream out;
  private final long bytesMax;
  private final Progress progress;
  private long bytes;

  Pack(OutputStream out, long bytesMax, Progress progress) {
    this.out = out;
    this.bytesMax = bytesMax;
    this.progress = progress;
  }

  void add(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      add(file.getFileName().toString(), in, file);
    } catch (CorpusException e) {
      throw e;
    } catch (ZipException | EOFException | ZstdIOException e) {
      throw new CorpusException("data file %s is damaged: %s".formatted(file, e.getMessage()));
    }
    progress.gathered(file.toString(), bytes);
  }

  private void add(String name, InputStream in, Path file) throws IOException {
    switch (Format.of(name)) {
      case PLAIN -> document(in, file);
      case ARCHIVE -> archive(in, file);
      case GZIP -> add(inner(name), buffered(new GZIPInputStream(in, 1 << 16)), file);
      case ZSTD -> add(inner(name), buffered(new ZstdInputStream(in)), file);
      case JSON_LINES -> jsonLines(in, file);
    }
  }

  private static String inner(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  private static InputStream buffered(InputStream in) {
    return new BufferedInputStream(in, 1 << 16);
  }

  private void archive(InputStream in, Path file) throws IOException {
    var zip = new ZipInputStream(in);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      String name = entry.getName();
      boolean wanted = !entry.isDirectory() && !name.startsWith("META-INF/");
      if (wanted && Format.of(name) == Format.PLAIN && !name.endsWith(".class")) {
        document(zip, file);
      } else if (wanted && Format.of(name) == Format.JSON_LINES) {
        jsonLines(zip, file);
      }
    }
  }

  private void document(InputStream in, Path file) throws IOException {
    byte[] head = in.readNBytes(8192);
    if (Format.binary(head) || head.length == 0) {
      return;
    }
    write(head, head.length, file);
    var buffer = new byte[1 << 16];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      write(buffer, read, file);
    }
    write(new byte[] {'\n'}, 1, file);
  }

  private void jsonLines(InputStream in, Path file) throws IOException {
    long number = 0;
    for (byte[] line = line(in, file); line != null; line = line(in, file)) {
      number++;
      if (new String(line, StandardCharsets.UTF_8).isBlank()) {
        continue;
      }
      byte[] text = text(line, file, number);
      write(text, text.length, file);
      write(new byte[] {'\n'}, 1, file);
    }
  }

  private static byte[] text(byte[] line, Path file, long number) throws CorpusException {
    try {
      JsonNode text = JSON.readTree(line).get("text");
      if (text != null && text.isTextual()) {
        return text.textValue().getBytes(StandardCharsets.UTF_8);
      }
    } catch (JsonProcessingException e) {
      // Said below, without the parser's excerpt of the text.
    } catch (IOException e) {
      throw new AssertionError("reading from memory", e);
    }
    throw new CorpusException(
        "line %d of %s is not a JSON object with a \"text\" string".formatted(number, file));
  }

  private static byte @Nullable [] line(InputStream in, Path file) throws IOException {
    var line = new ByteArrayOutputStream();
    int value = in.read();
    if (value < 0) {
      return null;
    }
    for (; value >= 0 && value != '\n'; value = in.read()) {
      line.write(value);
      if (line.size() > LINE_BYTES_MAX) {
        throw new CorpusException("a line of %s is longer than 64 MiB".formatted(file));
      }
    }
    return line.toByteArray();
  }

  private void write(byte[] buffer, int count, Path file) throws IOException {
    long before = bytes;
    bytes += count;
    if (bytes > bytesMax) {
      throw new CorpusException(
          "the text of %s and the files before it is more than data.cache-bytes-max = %d bytes:"
                  .formatted(file, bytesMax)
              + " raise it, or name fewer paths");
    }
    out.write(buffer, 0, count);
    if (before >> 22 != bytes >> 22) {
      progress.gathered(file.toString(), bytes);
    }
  }

  long bytes() {
    return bytes;
  }
}
