package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** What is seen of a round must not depend on how small its chunks are. */
class ScreenTest {
  private static final Codec CODEC = Codecs.of(CodecId.FLOAT16);
  private static final int MEMBERS = 4;

  @Test
  void directionsAreLookedAtOverAsManyValuesInSmallChunks() {
    assertThat(chunksLookedAt(4096, 1000)).isEqualTo(512);
    assertThat(chunksLookedAt(262_144, 12)).isEqualTo(8);
    assertThat(chunksLookedAt(4096, 100)).isEqualTo(100);
  }

  @Test
  void asManyValuesAreKeptForAnAuditInSmallChunks() {
    assertThat(chunksDrawn(65_536, Closer::kept)).isEqualTo(4);
    assertThat(chunksDrawn(131_072, Closer::kept)).isEqualTo(4);
    assertThat(chunksDrawn(8192, Closer::kept)).isEqualTo(32);
  }

  /** Of all reducers together as many values as of this peer's own directions. */
  @Test
  void echoesAreListenedForInAsManyValuesOfEachReducer() {
    assertThat(chunksDrawn(65_536, Closer::echo)).isEqualTo(5 * (32 / 5));
    assertThat(chunksDrawn(8192, Closer::echo)).isEqualTo(5 * (256 / 5));
  }

  @Test
  void fromFiveReducersOnEchoesAreListenedFor() {
    for (int reducers : new int[] {4, 5}) {
      List<List<Integer>> chunks =
          IntStream.range(0, reducers).mapToObj(reducer -> List.of(reducer)).toList();
      Closer closer = Closer.drawn(chunks, 0, 4096, -1, new SplittableRandom(1));
      assertThat(closer.echo().test(1)).as("%d reducers", reducers).isEqualTo(reducers > 4);
    }
  }

  /** Of five reducers with 300 chunks each, of whom the first looks. */
  private static int chunksDrawn(int values, Function<Closer, IntPredicate> which) {
    List<List<Integer>> chunks =
        IntStream.range(0, 5)
            .mapToObj(i -> IntStream.range(300 * i, 300 * (i + 1)).boxed().toList())
            .toList();
    Closer closer = Closer.drawn(chunks, 0, values, 1, new SplittableRandom(1));
    return (int) IntStream.range(0, 1500).filter(which.apply(closer)).count();
  }

  private static int chunksLookedAt(int values, int chunks) {
    float[] own = new float[values];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < values; i++) {
      own[i] = random.nextFloat();
    }
    MemorySegment vector = MemorySegment.ofArray(own);
    ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(values));
    CODEC.encode(vector, 0, values, encoded);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
    Arrays.fill(received, encoded.flip());
    List<PeerId> peers =
        IntStream.range(0, MEMBERS).mapToObj(i -> Identity.generate(random).peerId()).toList();
    Screen screen =
        new Trust(new SplittableRandom(2))
            .screen(
                peers,
                Collections.nCopies(MEMBERS, 8.0),
                0,
                new Contribution(vector, 8),
                Collections.nCopies(MEMBERS, CODEC),
                List.of(
                    IntStream.range(0, chunks).boxed().toList(), List.of(), List.of(), List.of()),
                values,
                Instant.EPOCH);
    Inspector.Chunk chunk = new Inspector.Chunk(received, 0, vector, 0, values);
    return (int)
        IntStream.range(0, chunks)
            .filter(number -> screen.look(number, chunk).agreements() != null)
            .count();
  }

  @Test
  void aRegionIsRememberedOnceForARoundHoweverManyChunksItHas() {
    Sightings seen = new Sightings(new double[0], -1, Inspector.Earlier.NONE);
    seen.add(finding(100, 0, 1));
    seen.add(finding(300, 0, 3));
    seen.add(finding(100, 7, 5));
    seen.add(finding(100, 8, Double.NaN));
    assertThat(seen.accepted()).hasSize(2).contains(entry(7, 5.0));
    assertThat(seen.accepted().get(0)).isCloseTo(Math.sqrt(7), withinPercentage(1e-9));
  }

  private static Screen.Finding finding(int values, int region, double accepted) {
    return new Screen.Finding(
        Map.of(),
        Map.of(),
        new BitSet(),
        null,
        values,
        region,
        new int[0],
        new float[0][],
        accepted,
        null);
  }
}
