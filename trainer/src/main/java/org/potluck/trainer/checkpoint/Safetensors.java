package org.potluck.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors file format, as far as float32 goes.
 *
 * <pre>
 * 8 bytes   length of the header, little-endian
 * header    JSON: {"name": {"dtype": "F32", "shape": [..], "data_offsets": [from, to]}, ..}
 * data      the values, little-endian, at those offsets
 * </pre>
 *
 * See the format's description at https://github.com/huggingface/safetensors.
 */
final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HEADER_BYTES_MAX = 16 << 20;
  private static final int CHUNK = 1 << 16;

  private Safetensors() {}

  /** One named tensor with its values in row-major order. */
  record Entry(String name, List<Integer> shape, float[] values) {
    Entry {
      shape = List.copyOf(shape);
    }
  }

  static void write(Path file, List<Entry> entries) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Entry entry : entries) {
      ObjectNode node = header.putObject(entry.name());
      node.put("dtype", "F32");
      ArrayNode shape = node.putArray("shape");
      entry.shape().forEach(shape::add);
      long end = offset + (long) entry.values().length * Float.BYTES;
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = JSON.writeValueAsBytes(header);
    int padded = (text.length + 7) / 8 * 8;
    ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(padded).put(text);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeFully(channel, head.flip());
      for (Entry entry : entries) {
        values(channel, entry.values());
      }
      channel.force(true);
    }
  }

  private static void values(FileChannel channel, float[] values) throws IOException {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK) {
      int count = Math.min(CHUNK, values.length - from);
      buffer.clear().asFloatBuffer().put(values, from, count);
      writeFully(channel, buffer.limit(count * Float.BYTES));
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** Reads every tensor, in the order of the header. */
  static Map<String, Entry> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer start = readFully(channel, 0, 8, file);
      long length = start.getLong(0);
      if (length < 2 || length > HEADER_BYTES_MAX || 8 + length > channel.size()) {
        throw broken(file, "its header is %d bytes long".formatted(length));
      }
      byte[] text = readFully(channel, 8, (int) length, file).array();
      var entries = new LinkedHashMap<String, Entry>();
      for (Map.Entry<String, JsonNode> field : header(text, file).properties()) {
        if (!field.getKey().equals("__metadata__")) {
          entries.put(
              field.getKey(), entry(channel, 8 + length, field.getKey(), field.getValue(), file));
        }
      }
      return entries;
    }
  }

  private static JsonNode header(byte[] text, Path file) throws IOException {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw broken(file, "its header is not JSON");
    }
  }

  private static Entry entry(FileChannel channel, long base, String name, JsonNode node, Path file)
      throws IOException {
    if (!node.path("dtype").asText().equals("F32")) {
      throw broken(file, "tensor %s is not of type F32".formatted(name));
    }
    var shape = new ArrayList<Integer>();
    long size = 1;
    for (JsonNode dimension : node.path("shape")) {
      long length = dimension.asLong(-1);
      if (length < 1 || length > Integer.MAX_VALUE || size * length > Integer.MAX_VALUE) {
        throw broken(file, "tensor %s has an impossible shape".formatted(name));
      }
      size *= length;
      shape.add((int) length);
    }
    long from = node.path("data_offsets").path(0).asLong(-1);
    long to = node.path("data_offsets").path(1).asLong(-1);
    long available = channel.size() - base;
    if (from < 0 || to - from != size * Float.BYTES || to > available) {
      throw broken(
          file,
          "tensor %s lies at bytes %d to %d of %d: the file is cut short or damaged"
              .formatted(name, from, to, available));
    }
    var values = new float[(int) size];
    for (int at = 0; at < values.length; at += CHUNK) {
      int count = Math.min(CHUNK, values.length - at);
      readFully(channel, base + from + (long) at * Float.BYTES, count * Float.BYTES, file)
          .asFloatBuffer()
          .get(values, at, count);
    }
    return new Entry(name, shape, values);
  }

  private static ByteBuffer readFully(FileChannel channel, long at, int count, Path file)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw broken(file, "it ends early");
      }
    }
    return buffer.flip();
  }

  private static CheckpointException broken(Path file, String why) {
    return new CheckpointException("%s is not a whole safetensors file: %s".formatted(file, why));
  }
}
