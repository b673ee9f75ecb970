package org.potluck.averaging.state;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkMessage.Status;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.network.NetworkException;
import org.potluck.network.rpc.MessageReceiver;
import org.potluck.network.rpc.MessageStream;

/** One newcomer's stream at a donor: what it has asked for, and how much of that is sent. */
final class Upload implements MessageReceiver<StateChunkRequest> {
  /** More chunks than this may not be asked for ahead. */
  private static final int WANTED_MAX = 64;

  private final MessageStream<StateChunkMessage> stream;
  private final Owner owner;
  private final Deque<Wanted> wanted = new ArrayDeque<>();
  private boolean over;

  /** Bytes of the chunk at the head that are sent. */
  private int sentOfFirst;

  /** Bytes sent since the upload was last looked at. */
  private long sentLately;

  private long sent;
  private Instant heard;

  private record Wanted(Offer offer, int index) {}

  /** The donor, of which the upload is one of several. */
  interface Owner {
    /** What is named so; empty when it is not offered, to this newcomer or at all. */
    Optional<Offer> find(Upload upload, StateChunkRequest request);

    /** When to come again; empty when the newcomer has a place. */
    Optional<Duration> admit(Upload upload, Offer offer);

    /** Something can be sent. */
    void ready();

    void closed(Upload upload);

    Instant now();
  }

  Upload(MessageStream<StateChunkMessage> stream, Owner owner) {
    this.stream = stream;
    this.owner = owner;
    this.heard = owner.now();
  }

  MessageStream<StateChunkMessage> stream() {
    return stream;
  }

  @Override
  public void message(StateChunkRequest request) {
    if (over) {
      return;
    }
    heard = owner.now();
    Optional<Offer> offer = owner.find(this, request);
    if (offer.isEmpty()) {
      refuse(StateChunkMessage.newBuilder().setStatus(Status.GONE));
      return;
    }
    if (request.getIndex() < 0 || request.getIndex() >= offer.get().chunks()) {
      throw new IllegalArgumentException("there is no chunk " + request.getIndex());
    }
    if (wanted.size() >= WANTED_MAX) {
      throw new IllegalArgumentException("more than " + WANTED_MAX + " chunks asked for ahead");
    }
    Optional<Duration> wait = owner.admit(this, offer.get());
    if (wait.isPresent()) {
      refuse(
          StateChunkMessage.newBuilder()
              .setStatus(Status.BUSY)
              .setRetryMillis((int) wait.get().toMillis()));
      return;
    }
    wanted.add(new Wanted(offer.get(), request.getIndex()));
    owner.ready();
  }

  /** Whether a piece can be sent now. */
  boolean ready() {
    return !over && !wanted.isEmpty() && stream.writable();
  }

  /** Sends the next {@code pieceBytes}, or what is left of the chunk at hand. */
  void send(int pieceBytes, Instant until) {
    Wanted first = wanted.element();
    int left = first.offer().chunkBytes(first.index()) - sentOfFirst;
    int bytes = Math.min(pieceBytes, left);
    first.offer().wantUntil(until);
    stream.send(
        StateChunkMessage.newBuilder()
            .setIndex(first.index())
            .setData(first.offer().piece(first.index(), sentOfFirst, bytes))
            .build());
    sentLately += bytes;
    sent += bytes;
    sentOfFirst += bytes;
    if (bytes == left) {
      wanted.remove();
      sentOfFirst = 0;
    }
  }

  /** Bytes sent in all. */
  long sent() {
    return sent;
  }

  /**
   * Whether the newcomer does nothing with its place: asks for nothing, or does not take what it
   * asked for. Called at intervals of the limit.
   */
  boolean idle(Instant now, Duration limit) {
    long lately = sentLately;
    sentLately = 0;
    return lately == 0 && Duration.between(heard, now).compareTo(limit) >= 0;
  }

  /** Ends it from this side; the newcomer may come again. */
  void end() {
    over = true;
    wanted.clear();
    stream.cancel();
  }

  private void refuse(StateChunkMessage.Builder answer) {
    over = true;
    wanted.clear();
    stream.send(answer.build());
    stream.end();
  }

  @Override
  public void endOfMessages() {
    over = true;
    wanted.clear();
    stream.end();
  }

  @Override
  public void writable() {
    owner.ready();
  }

  @Override
  public void closed(Optional<NetworkException> trouble) {
    over = true;
    wanted.clear();
    owner.closed(this);
  }
}
