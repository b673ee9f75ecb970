package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;

/** A disk that is full, or breaks, in the middle of a download. */
class FullDiskTest {
  private static final int FITS = 20;

  /** So many chunks can be written, and read again while it still works. */
  private static final class SmallDisk implements ChunkStore {
    private final MemoryChunks chunks;
    private final boolean breaks;
    private int written;

    SmallDisk(ChunkLayout layout, boolean breaks) {
      chunks = new MemoryChunks(layout);
      this.breaks = breaks;
    }

    @Override
    public void write(int index, ByteString data) throws IOException {
      if (written == FITS) {
        throw new IOException("no space left on device");
      }
      written++;
      chunks.write(index, data);
    }

    @Override
    public ByteString read(int index) throws IOException {
      if (breaks) {
        throw new IOException("input/output error");
      }
      return chunks.read(index);
    }

    @Override
    public List<Integer> found() {
      return List.of();
    }

    @Override
    public List<MemorySegment> vectors() throws IOException {
      throw new IOException("not all is here");
    }

    @Override
    public void close() {}

    @Override
    public void clear() {}
  }

  @Test
  void whatIsThereMovesToMemory() {
    assertThat(fetchedThrough(false)).isLessThan(bytes() * 11 / 10);
  }

  @Test
  void whatABrokenDiskHasTakenWithItIsFetchedAgain() {
    assertThat(fetchedThrough(true)).isBetween(bytes() * 12 / 10, bytes() * 14 / 10);
  }

  private static long bytes() {
    return Donors.snapshot(7).bytes();
  }

  /**
   * @return bytes that the donors have sent
   */
  private static long fetchedThrough(boolean breaks) {
    Donors donors = new Donors(1, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Assembly> complete = new CompletableFuture<>();
    donors.newcomer.loop().execute(() -> fetch(donors, breaks, complete));

    Snapshot got = donors.await(complete).snapshot().orElseThrow();
    assertThat(donors.simulation.elapsed())
        .as("without a pause")
        .isLessThan(Duration.ofSeconds(10));
    Snapshot expected = Donors.snapshot(7);
    for (int i = 0; i < expected.vectors().size(); i++) {
      assertThat(got.vectors().get(i).mismatch(expected.vectors().get(i))).isEqualTo(-1);
    }
    return donors.sent(0) + donors.sent(1);
  }

  private static void fetch(Donors donors, boolean breaks, CompletableFuture<Assembly> complete) {
    StateManifestRequest request =
        StateManifestRequest.newBuilder().setRun(Donors.RUN).setNewerThanEpoch(-1).build();
    Survey[] survey = new Survey[1];
    survey[0] =
        new Survey(
            donors.newcomer.loop(),
            donors.newcomerRpc,
            request,
            Donors.limits(),
            Notary.TRUSTING,
            new Refusals(),
            donors.everybody(),
            new Survey.Listener() {
              @Override
              public void settled() {
                Optional<Manifest> best = survey[0].best();
                Manifest manifest = best.orElseThrow();
                Assembly assembly =
                    new Assembly(manifest, new SmallDisk(manifest.layout(), breaks));
                begin(donors, assembly, complete);
              }

              @Override
              public void foundLate(PeerId donor, Manifest manifest) {}

              @Override
              public void refusedLate(PeerId donor, NetworkException why) {}
            });
    survey[0].start();
  }

  private static void begin(
      Donors donors, Assembly assembly, CompletableFuture<Assembly> complete) {
    ChunkFetch fetch =
        new ChunkFetch(
            donors.newcomer.loop(),
            donors.newcomerRpc,
            Donors.RUN,
            Donors.limits(),
            assembly,
            new ChunkFetch.Listener() {
              @Override
              public void progressed() {}

              @Override
              public void complete() {
                complete.complete(assembly);
              }

              @Override
              public void exhausted() {
                complete.completeExceptionally(new AssertionError("no donor is left"));
              }

              @Override
              public void failed(PeerId donor, NetworkException why) {
                complete.completeExceptionally(why);
              }
            });
    fetch.add(donors.everybody());
  }
}
