package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/**
 * A MessagePack map with exactly these fields, of exactly these types: what hivemind asks of its
 * records by pydantic models in which nothing is converted.
 */
public final class FieldSchema implements Schema {
  private static final int KEY_BYTES_MAX = 256;

  private final Map<String, ValueType> fields;

  /**
   * @param fields name to type, for instance {@code epoch} to {@link ValueType#INTEGER}
   */
  public FieldSchema(Map<String, ValueType> fields) {
    this.fields = new LinkedHashMap<>(fields);
  }

  /** The map in which hivemind's peers tell how far they are (key {@code <run>_progress}). */
  public static FieldSchema hivemindProgress() {
    Map<String, ValueType> fields = new LinkedHashMap<>();
    fields.put("peer_id", ValueType.BINARY);
    fields.put("epoch", ValueType.INTEGER);
    fields.put("samples_accumulated", ValueType.INTEGER);
    fields.put("samples_per_second", ValueType.FLOAT);
    fields.put("time", ValueType.FLOAT);
    fields.put("client_mode", ValueType.BOOLEAN);
    return new FieldSchema(fields);
  }

  @Override
  public boolean accepts(ByteString subkey, ByteString payload) {
    try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(payload.toByteArray())) {
      if (unpacker.unpackMapHeader() != fields.size()) {
        return false;
      }
      Map<String, ValueType> missing = new LinkedHashMap<>(fields);
      for (int i = 0; i < fields.size(); i++) {
        int length = unpacker.unpackRawStringHeader();
        if (length > KEY_BYTES_MAX) {
          return false;
        }
        String name = ByteString.copyFrom(unpacker.readPayload(length)).toStringUtf8();
        if (unpacker.getNextFormat().getValueType() != missing.remove(name)) {
          return false;
        }
        unpacker.skipValue();
      }
      return unpacker.getTotalReadBytes() == payload.size();
    } catch (IOException | MessagePackException e) {
      return false;
    }
  }
}
