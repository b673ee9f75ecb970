package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.MessageReceiver;
import org.potluck.network.rpc.MessageStream;
import org.potluck.network.rpc.Rpc;

/**
 * The stream to one donor: chunks are asked for, come in pieces, in order, and are checked.
 *
 * <p>What is waited for is progress, however long the whole takes: a donor that owes chunks and
 * delivers less than a piece within {@link StateLimits#stallLimit} is left. Nothing is kept of what
 * it sends beyond the chunk at hand.
 */
final class ChunkStream implements MessageReceiver<StateChunkMessage> {
  private static final Duration RETRY_MAX = Duration.ofMinutes(1);

  private final EventLoop loop;
  private final Rpc rpc;
  private final PeerId donor;
  private final String run;
  private final StateLimits limits;
  private final Manifest manifest;
  private final Listener listener;
  private final Deque<Integer> owed = new ArrayDeque<>();
  private @Nullable MessageStream<StateChunkRequest> stream;
  private EventLoop.@Nullable Timer watch;
  private byte[] gathered = new byte[0];
  private int gatheredBytes;
  private long bytesLately;

  /** Since it was last said that something comes. */
  private long bytesUntold;

  private boolean over;

  /** Hears what comes. */
  interface Listener {
    /** As much as a piece has come: on a slow link a whole chunk takes minutes. */
    void comes();

    /** A whole chunk, as the manifest has it. */
    void arrived(int index, ByteString data);

    /** Nothing more comes; {@code owed} is to be asked elsewhere. Called once. */
    void ended(List<Integer> owed, Setback setback);
  }

  ChunkStream(
      EventLoop loop,
      Rpc rpc,
      PeerId donor,
      String run,
      StateLimits limits,
      Manifest manifest,
      Listener listener) {
    this.loop = loop;
    this.rpc = rpc;
    this.donor = donor;
    this.run = run;
    this.limits = limits;
    this.manifest = manifest;
    this.listener = listener;
  }

  void open() {
    var _ =
        rpc.open(donor, StateMethods.CHUNKS, this, limits.stallLimit())
            .whenComplete(
                (opened, trouble) -> {
                  if (trouble != null) {
                    end(new Setback.Failed(notReached(Troubles.of(trouble))));
                  } else if (over) {
                    opened.cancel();
                  } else {
                    begin(opened);
                  }
                });
  }

  /** Who cannot be reached in time owes nothing yet. */
  private static NetworkException notReached(NetworkException why) {
    return why.reason() == Reason.TIMED_OUT
        ? new NetworkException(Reason.UNREACHABLE, String.valueOf(why.getMessage()), why)
        : why;
  }

  private void begin(MessageStream<StateChunkRequest> opened) {
    stream = opened;
    opened.idleLimit(Duration.ofDays(1)); // Replaced by what watches for progress.
    owed.forEach(index -> opened.send(request(index)));
  }

  /** How many chunks are asked for and not there. */
  int owed() {
    return owed.size();
  }

  boolean owes(int index) {
    return owed.contains(index);
  }

  void ask(int index) {
    owed.add(index);
    if (owed.size() == 1) {
      bytesLately = 0;
      watchOn();
    }
    if (stream != null) {
      stream.send(request(index));
    }
  }

  /** Ends it from this side. */
  void cancel() {
    if (!over) {
      over = true;
      stopWatch();
      gathered = new byte[0];
      if (stream != null) {
        stream.cancel();
      }
    }
  }

  @Override
  public void message(StateChunkMessage message) {
    if (over) {
      return;
    }
    switch (message.getStatus()) {
      case OK -> piece(message);
      case BUSY -> end(new Setback.Busy(retry(message)));
      case GONE -> end(new Setback.Gone());
      case UNRECOGNIZED -> violation("an answer of unknown kind");
    }
  }

  private Duration retry(StateChunkMessage message) {
    Duration said = Duration.ofMillis(Integer.toUnsignedLong(message.getRetryMillis()));
    if (said.compareTo(limits.retryDelay()) < 0) {
      return limits.retryDelay();
    }
    return said.compareTo(RETRY_MAX) > 0 ? RETRY_MAX : said;
  }

  private void piece(StateChunkMessage message) {
    Integer index = owed.peek();
    ByteString data = message.getData();
    if (index == null || message.getIndex() != index) {
      violation("bytes of a chunk that it was not asked for");
      return;
    }
    int whole = manifest.layout().chunk(index).bytes();
    if (data.isEmpty() || data.size() > whole - gatheredBytes) {
      violation("more bytes than the chunk has, or none");
      return;
    }
    if (gathered.length < whole) {
      gathered = new byte[whole];
    }
    data.copyTo(gathered, gatheredBytes);
    gatheredBytes += data.size();
    bytesLately += data.size();
    bytesUntold += data.size();
    if (bytesUntold >= limits.pieceBytes()) {
      bytesUntold = 0;
      listener.comes();
    }
    if (gatheredBytes == whole) {
      arrived(index, ByteString.copyFrom(gathered, 0, whole));
    }
  }

  private void arrived(int index, ByteString data) {
    if (!manifest.vouchesFor(index, data)) {
      violation("a chunk that does not match its manifest");
      return;
    }
    owed.remove();
    gatheredBytes = 0;
    stopWatch();
    if (!owed.isEmpty()) {
      bytesLately = 0;
      watchOn();
    }
    listener.arrived(index, data);
  }

  private void violation(String what) {
    end(new Setback.Failed(new NetworkException(Reason.PROTOCOL_VIOLATION, "sent " + what)));
  }

  @Override
  public void endOfMessages() {
    left(new NetworkException(Reason.CLOSED, "ended the stream before it was done"));
  }

  @Override
  public void closed(Optional<NetworkException> trouble) {
    left(
        trouble.orElseGet(() -> new NetworkException(Reason.CLOSED, "is gone before it was done")));
  }

  /** The donor sends no more: its right, where it owes nothing. */
  private void left(NetworkException why) {
    end(owed.isEmpty() ? new Setback.Idle() : new Setback.Failed(why));
  }

  private void end(Setback setback) {
    if (!over) {
      List<Integer> rest = new ArrayList<>(owed);
      cancel();
      listener.ended(rest, setback);
    }
  }

  private void watchOn() {
    watch =
        loop.schedule(
            limits.stallLimit(),
            () -> {
              if (bytesLately < Math.min(limits.pieceBytes(), leastOwed())) {
                end(
                    new Setback.Failed(
                        new NetworkException(
                            Reason.TIMED_OUT,
                            "sent %d bytes in %d s"
                                .formatted(bytesLately, limits.stallLimit().toSeconds()))));
              } else {
                bytesLately = 0;
                watchOn();
              }
            });
  }

  /** A chunk may be less than a piece. */
  private int leastOwed() {
    return owed.isEmpty() ? 0 : manifest.layout().chunk(owed.element()).bytes();
  }

  private void stopWatch() {
    if (watch != null) {
      watch.cancel();
      watch = null;
    }
  }

  private StateChunkRequest request(int index) {
    return StateChunkRequest.newBuilder()
        .setRun(run)
        .setRoot(manifest.root())
        .setIndex(index)
        .build();
  }
}
