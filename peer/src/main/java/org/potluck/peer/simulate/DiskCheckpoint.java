package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.potluck.network.simulation.Disk;
import org.potluck.trainer.TrainerState;

/** The model on a simulated disk: epoch, number of vectors, then the vectors, all of one length. */
final class DiskCheckpoint {
  private static final String FILE = "checkpoint";
  private static final int HEADER_BYTES = Long.BYTES + Integer.BYTES;

  private DiskCheckpoint() {}

  static void write(Disk disk, TrainerState state) {
    List<MemorySegment> vectors = new ArrayList<>(state.optimizer());
    vectors.addFirst(state.parameters());
    int length = Math.toIntExact(state.parameters().byteSize());
    ByteBuffer file = ByteBuffer.allocate(HEADER_BYTES + vectors.size() * length);
    file.putLong(state.epoch()).putInt(vectors.size());
    vectors.forEach(vector -> file.put(vector.toArray(ValueLayout.JAVA_BYTE)));
    disk.write(FILE, file.array());
  }

  static Optional<TrainerState> read(Disk disk) {
    return disk.read(FILE).map(ByteBuffer::wrap).map(DiskCheckpoint::parse);
  }

  private static TrainerState parse(ByteBuffer file) {
    long epoch = file.getLong();
    int count = file.getInt();
    int length = file.remaining() / count;
    List<MemorySegment> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] vector = new byte[length];
      file.get(vector);
      vectors.add(MemorySegment.ofArray(vector));
    }
    return new TrainerState(epoch, vectors.getFirst(), vectors.subList(1, count));
  }
}
