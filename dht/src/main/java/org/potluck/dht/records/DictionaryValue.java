package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.msgpack.core.ExtensionTypeHeader;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;

/**
 * A key's entries in one value, as they travel: extension 0x50 of {@code [maxsize, latest
 * expiration, [[subkey, value, expiration], ...]]}, subkeys unpacked.
 */
public final class DictionaryValue {
  private static final byte EXTENSION = 0x50;

  private DictionaryValue() {}

  /**
   * @param records entries of one key
   */
  public static ByteString encode(Collection<DhtRecord> records) {
    double latest =
        records.stream().mapToDouble(DhtRecord::expiration).max().orElse(Double.NEGATIVE_INFINITY);
    try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        MessageBufferPacker whole = MessagePack.newDefaultBufferPacker()) {
      packer.packArrayHeader(3).packDouble(Double.POSITIVE_INFINITY).packDouble(latest);
      packer.packArrayHeader(records.size());
      for (DhtRecord entry : records) {
        packer.packArrayHeader(3);
        packer.writePayload(entry.subkey().toByteArray());
        packer.packBinaryHeader(entry.value().size());
        packer.writePayload(entry.value().toByteArray());
        packer.packDouble(entry.expiration());
      }
      byte[] content = packer.toByteArray();
      whole.packExtensionTypeHeader(EXTENSION, content.length);
      whole.writePayload(content);
      return ByteString.copyFrom(whole.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail to be written", e);
    }
  }

  /**
   * Reads what a remote node sent.
   *
   * @param entriesMax more entries than this are malformed
   * @return entries of {@code key}, none of them checked; empty when {@code value} is no dictionary
   */
  public static Optional<List<DhtRecord>> decode(DhtId key, ByteString value, int entriesMax) {
    byte[] bytes = value.toByteArray();
    try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(bytes)) {
      ExtensionTypeHeader header = unpacker.unpackExtensionTypeHeader();
      boolean whole = header.getLength() == bytes.length - unpacker.getTotalReadBytes();
      if (header.getType() != EXTENSION || !whole || unpacker.unpackArrayHeader() != 3) {
        return Optional.empty();
      }
      unpacker.skipValue(2);
      int entries = unpacker.unpackArrayHeader();
      if (entries > entriesMax) {
        return Optional.empty();
      }
      List<DhtRecord> records = new ArrayList<>();
      for (int i = 0; i < entries; i++) {
        if (unpacker.unpackArrayHeader() != 3) {
          return Optional.empty();
        }
        records.add(entry(key, unpacker, bytes));
      }
      return unpacker.getTotalReadBytes() == bytes.length ? Optional.of(records) : Optional.empty();
    } catch (IOException | MessagePackException e) {
      return Optional.empty();
    }
  }

  private static DhtRecord entry(DhtId key, MessageUnpacker unpacker, byte[] bytes)
      throws IOException {
    int from = Math.toIntExact(unpacker.getTotalReadBytes());
    unpacker.skipValue();
    int to = Math.toIntExact(unpacker.getTotalReadBytes());
    int size = unpacker.unpackBinaryHeader();
    if (size > bytes.length - unpacker.getTotalReadBytes()) {
      throw new MessagePackException("a value longer than the message");
    }
    byte[] entry = unpacker.readPayload(size);
    double expiration = unpacker.unpackDouble();
    return new DhtRecord(
        key, ByteString.copyFrom(bytes, from, to - from), ByteString.copyFrom(entry), expiration);
  }
}
