package org.potluck.dht.records;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Bytes that hivemind itself produced: as literals, and from its file of vectors if it is there.
 */
@NullMarked
class GoldenVectorsTest {
  private static final DhtId ONES = DhtId.ofBytes(ByteString.fromHex("01".repeat(20)));

  @Test
  void keysHashAsInHivemind() {
    assertThat(DhtId.ofKey("my_key")).hasToString("3b53b5250948ad7311fce42cf8d549f930743ec4");
    assertThat(DhtId.ofKey("my_run_progress"))
        .hasToString("1f1122b1dd3a847ba1674f39a8cdc83df5a4f7da");
    assertThat(DhtId.ofKey("raw".getBytes(StandardCharsets.UTF_8)))
        .hasToString("ce15802a8c5e8e9db0ffaf10130ef265296e9ea4");
    assertThat(DhtId.ofKey(Tuple.of("a", 1)))
        .hasToString("edd01de4b5be93353047fae489cc36b2e8f20fb1");
    assertThat(DhtId.ofKey(123)).hasToString("60ba4b2daa4ed4d070fec06687e249e0e6f9ee45");
  }

  @Test
  void valuesPackAsInHivemind() {
    assertThat(packed(null)).isEqualTo("c0");
    assertThat(packed(-1)).isEqualTo("ff");
    assertThat(packed(200)).isEqualTo("ccc8");
    assertThat(packed(1L << 40)).isEqualTo("cf0000010000000000");
    assertThat(packed(1.5)).isEqualTo("cb3ff8000000000000");
    assertThat(packed("yes")).isEqualTo("a3796573");
    assertThat(packed("by".getBytes(StandardCharsets.UTF_8))).isEqualTo("c4026279");
    assertThat(packed(Map.of("a", 1))).isEqualTo("81a16101");
    assertThat(packed(Tuple.of("i", "love", "bees"))).isEqualTo("c70d4093a169a46c6f7665a462656573");
    assertThat(packed(Tuple.of("n", Tuple.of("x", 2)))).isEqualTo("c7094092a16ed64092a17802");
  }

  @Test
  void recordsSignTheBytesThatHivemindSigns() {
    byte[] bytes =
        DhtRecord.bytesToSign(
            ONES,
            ByteString.copyFrom(MessagePackValues.encode("s")),
            ByteString.copyFrom(MessagePackValues.encode(1.0)),
            100.0);
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo(
            "c72f4094c4140101010101010101010101010101010101010101c402a173c409cb3ff0000000000000"
                + "cb4059000000000000");
  }

  @Test
  void dictionariesPackAndUnpackAsInHivemind() {
    ByteString golden =
        ByteString.fromHex(
            "c73c5093cb7ff0000000000000cb41d838cea42000009293a5616c696365c404a3796573cb41d838ce98"
                + "10000093c403626f62c401c3cb41d838cea4200000");
    List<DhtRecord> records =
        List.of(
            new DhtRecord(
                ONES,
                ByteString.copyFrom(MessagePackValues.encode("alice")),
                ByteString.copyFrom(MessagePackValues.encode("yes")),
                1625504352.25),
            new DhtRecord(
                ONES,
                ByteString.copyFrom(
                    MessagePackValues.encode("bob".getBytes(StandardCharsets.UTF_8))),
                ByteString.copyFrom(MessagePackValues.encode(true)),
                1625504400.5));
    assertThat(DictionaryValue.encode(records)).isEqualTo(golden);
    assertThat(DictionaryValue.decode(ONES, golden, 10)).contains(records);
  }

  @Test
  void agreesWithTheWholeFileOfVectors() throws IOException {
    Path file = vectors();
    if (file == null) {
      System.out.println(
          "hivemind-vectors.json is not there: only the literal vectors were checked");
      return;
    }
    JsonNode vectors = new ObjectMapper().readTree(file.toFile());
    Map<String, Object> keys = new LinkedHashMap<>();
    for (String text : List.of("my_key", "mygroup.0b", "mygroup.0b0110", "my_run_progress")) {
      keys.put("dhtid('" + text + "')", text);
    }
    keys.put("dhtid('my_run_grad_averager.all_averagers')", "my_run_grad_averager.all_averagers");
    keys.forEach(
        (name, key) ->
            assertThat(DhtId.ofKey(key)).as(name).hasToString(vectors.get(name).asText()));
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("msgpack(None)", null);
    values.put("msgpack(True)", true);
    values.put("msgpack(1)", 1);
    values.put("msgpack([1, 2])", List.of(1, 2));
    values.put("msgpack(('n', ('x', 2)))", Tuple.of("n", Tuple.of("x", 2)));
    values.forEach(
        (name, value) -> assertThat(packed(value)).as(name).isEqualTo(vectors.get(name).asText()));
    assertThat(vectors.get("IS_REGULAR_VALUE").asText())
        .isEqualTo(HexFormat.of().formatHex(DhtRecord.PLAIN.toByteArray()));
  }

  private static @Nullable Path vectors() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path file = at.resolve("shared/data/hivemind-vectors.json");
      if (Files.exists(file)) {
        return file;
      }
    }
    return null;
  }

  private static String packed(@Nullable Object value) {
    return HexFormat.of().formatHex(MessagePackValues.encode(value));
  }
}
