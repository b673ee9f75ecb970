package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.network.PeerId;

/** A newcomer that is stopped in the middle of a download, and started again. */
class ResumedDownloadTest {
  private static final Duration MIDWAY = Duration.ofMillis(600);
  private static final long STATE_BYTES = 4L * Donors.VECTORS * Donors.VECTOR_VALUES;

  @TempDir private Path folder;

  @Test
  void goesOnWithWhatIsThere() {
    Donors donors = stoppedMidway(1);
    long before = donors.sent(0);
    assertThat(before).isBetween(STATE_BYTES / 4, STATE_BYTES * 3 / 4);

    arrives(donors, 7);
    assertThat(donors.sent(0)).isLessThan(STATE_BYTES * 11 / 10);
    assertThat(files()).as("what is kept once it is used").isEmpty();
  }

  @Test
  void believesNothingThatItFinds() throws IOException {
    Donors donors = stoppedMidway(2);
    try (FileChannel values =
        FileChannel.open(folder.resolve("values"), StandardOpenOption.WRITE)) {
      int _ = values.write(ByteBuffer.wrap(new byte[5000]), 20_000);
    }
    Files.write(
        folder.resolve("chunks"),
        new byte[] {0, 0, 0, 70, -1, 0, 0, 0, 9},
        StandardOpenOption.APPEND);

    arrives(donors, 7);
  }

  @Test
  void lacksWhatTheDiskHasLost() throws IOException {
    Donors donors = stoppedMidway(3);
    try (FileChannel values =
        FileChannel.open(folder.resolve("values"), StandardOpenOption.WRITE)) {
      FileChannel _ = values.truncate(100_000);
    }
    arrives(donors, 7);
  }

  @Test
  void beginsAnewWhenTheOthersHaveMovedOn() {
    Donors donors = stoppedMidway(4);
    donors.offerAll(Donors.snapshot(8));
    arrives(donors, 8);
    assertThat(files()).isEmpty();
  }

  @Test
  void keepsOneStateAtATimeAndNoneThatIsOutgrown() throws IOException {
    Donors donors = stoppedMidway(5);
    assertThat(files()).containsExactly("chunks", "state", "values");
    assertThat(Files.size(folder.resolve("values"))).isLessThanOrEqualTo(STATE_BYTES + 64);
    StateClient client =
        new StateClient(
            donors.newcomer.loop(),
            donors.newcomerRpc,
            Donors.RUN,
            Donors.limits(),
            Notary.TRUSTING,
            donors.newcomer.random(),
            folder,
            Runnable::run);
    client.outgrow(6);
    assertThat(files()).hasSize(3);
    client.outgrow(7);
    assertThat(files()).isEmpty();
  }

  /** Stopped in the middle of a write: what is written afterwards must be found all the same. */
  @Test
  void findsWhatFollowsAHalfWrittenEntry() throws IOException {
    Donors donors = stoppedMidway(7);
    Files.write(folder.resolve("chunks"), new byte[] {0, 0}, StandardOpenOption.APPEND);
    CompletableFuture<Snapshot> stopped = donors.download();
    donors.simulation.runFor(Duration.ofMillis(300));
    assertThat(stopped).isNotDone();
    donors.newcomer.loop().execute(() -> donors.stop());
    donors.simulation.runFor(Duration.ofSeconds(1));
    long before = donors.sent(0);

    arrives(donors, 7);
    assertThat(before).isGreaterThan(STATE_BYTES / 2);
    assertThat(donors.sent(0)).isLessThan(STATE_BYTES * 12 / 10);
  }

  /** The disk, not a donor, has changed the bytes: nobody is to blame. */
  @Test
  void blamesNobodyForWhatItsOwnDiskHasDone() {
    Donors donors = new Donors(8, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    donors.folder = folder;
    List<PeerId> accused = new ArrayList<>();
    AtomicInteger certified = new AtomicInteger();
    donors.notary =
        new Notary() {
          @Override
          public Testimony testimony(long epoch, String digest) {
            return Testimony.CONFIRMED;
          }

          @Override
          public CompletableFuture<Boolean> certify(Snapshot snapshot) {
            if (certified.incrementAndGet() == 1) {
              spoil();
              return CompletableFuture.completedFuture(false);
            }
            return CompletableFuture.completedFuture(true);
          }

          @Override
          public void accuse(PeerId donor, String deed) {
            accused.add(donor);
          }

          @Override
          public void complain(PeerId donor, String deed) {}
        };

    arrives(donors, 7);
    assertThat(accused).isEmpty();
    assertThat(certified).hasValue(2);
    assertThat(donors.sent(0) + donors.sent(1))
        .as("one chunk more")
        .isLessThan(STATE_BYTES * 11 / 10);
  }

  private void spoil() {
    try (FileChannel values =
        FileChannel.open(folder.resolve("values"), StandardOpenOption.WRITE)) {
      int _ = values.write(ByteBuffer.wrap(new byte[5000]), 20_000);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void goesOnInMemoryWhereThereIsNoFolder() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Donors donors = new Donors(6, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    donors.folder = file.resolve("folder");
    assertThat(donors.await(donors.download()).epoch()).isEqualTo(7);
  }

  private Donors stoppedMidway(long seed) {
    Donors donors = new Donors(seed, 1, Donors.limits().withDonor(4, 1));
    donors.folder = folder;
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Snapshot> stopped = donors.download();
    donors.simulation.runFor(MIDWAY);
    assertThat(stopped).isNotDone();
    donors.newcomer.loop().execute(() -> donors.stop());
    donors.simulation.runFor(Duration.ofSeconds(1));
    assertThat(stopped).isCompletedExceptionally();
    return donors;
  }

  private static void arrives(Donors donors, long epoch) {
    Snapshot got = donors.await(donors.download());
    Snapshot expected = Donors.snapshot(epoch);
    assertThat(got.epoch()).isEqualTo(epoch);
    for (int i = 0; i < expected.vectors().size(); i++) {
      assertThat(got.vectors().get(i).mismatch(expected.vectors().get(i))).isEqualTo(-1);
    }
  }

  private List<String> files() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
