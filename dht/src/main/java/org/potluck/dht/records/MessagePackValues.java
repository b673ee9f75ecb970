package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/**
 * Writes values as hivemind's serializer does, so that keys hash and records sign to the same
 * bytes: smallest integers, float64, text and bytes apart, tuples as extension 0x40.
 */
public final class MessagePackValues {
  /** Most values are a few hundred bytes, and the usual buffer is 8 KiB, cleared each time. */
  private static final MessagePack.PackerConfig SMALL =
      new MessagePack.PackerConfig().withBufferSize(256);

  private MessagePackValues() {}

  /**
   * @param value null, a boolean, an int, a long, a double, a string, bytes, a {@link Tuple}, or a
   *     list or map of these
   */
  public static byte[] encode(@Nullable Object value) {
    try (MessageBufferPacker packer = SMALL.newBufferPacker()) {
      write(packer, value);
      return packer.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail to be written", e);
    }
  }

  private static void write(MessageBufferPacker packer, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> packer.packNil();
      case Boolean flag -> packer.packBoolean(flag);
      case Integer number -> packer.packInt(number);
      case Long number -> packer.packLong(number);
      case Double number -> packer.packDouble(number);
      case String text -> packer.packString(text);
      case byte[] bytes -> writeBytes(packer, bytes);
      case ByteString bytes -> writeBytes(packer, bytes.toByteArray());
      case Tuple tuple -> {
        byte[] items = encode(tuple.items());
        packer.packExtensionTypeHeader(Tuple.EXTENSION, items.length);
        packer.writePayload(items);
      }
      case List<?> items -> {
        packer.packArrayHeader(items.size());
        for (Object item : items) {
          write(packer, item);
        }
      }
      case Map<?, ?> map -> {
        packer.packMapHeader(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          write(packer, entry.getKey());
          write(packer, entry.getValue());
        }
      }
      default -> throw new IllegalArgumentException("no MessagePack form for " + value.getClass());
    }
  }

  private static void writeBytes(MessageBufferPacker packer, byte[] bytes) throws IOException {
    packer.packBinaryHeader(bytes.length);
    packer.writePayload(bytes);
  }
}
