package org.potluck.dht;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.kad.PeerFinder;
import org.potluck.dht.proto.FindRequest;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.NodeInfo;
import org.potluck.dht.proto.PingRequest;
import org.potluck.dht.proto.PingResponse;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.proto.StoreResponse;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.rpc.UnaryMethod;

/**
 * The calls this node makes. What its searches and deliveries want of one peer within one turn of
 * the loop travels together: up to {@link Methods#KEYS_PER_CALL} keys in one find call, up to
 * {@link Methods#RECORDS_MAX} records in one store call.
 */
final class Calls {
  private final Rpc rpc;
  private final Network network;
  private final EventLoop loop;
  private final PeerFinder finder;
  private final Duration timeout;
  private final Supplier<NodeInfo> ourInfo;
  private final Listener listener;
  private final Map<PeerId, Batch> waiting = new LinkedHashMap<>();

  Calls(
      Rpc rpc,
      Network network,
      PeerFinder finder,
      Duration timeout,
      Supplier<NodeInfo> ourInfo,
      Listener listener) {
    this.rpc = rpc;
    this.network = network;
    this.loop = network.loop();
    this.finder = finder;
    this.timeout = timeout;
    this.ourInfo = ourInfo;
    this.listener = listener;
  }

  /** Learns from every call. */
  interface Listener {
    /** A call is about to be made. */
    void calling(PeerId peer);

    /**
     * @param dialed whether a connection had to be made first
     */
    void answered(PeerId peer, NodeInfo info, boolean dialed, Duration took);

    void failed(PeerId peer, Reason reason);
  }

  private record Question(DhtId key, CompletableFuture<FindResult> answer) {}

  private record Parcel(
      DhtRecord record, boolean inCache, boolean wantNearest, CompletableFuture<Stored> answer) {}

  /**
   * What became of a record.
   *
   * @param kept whether the node keeps it now
   * @param nearest the nodes it knows near the key; null when it was not asked or did not say
   */
  record Stored(boolean kept, @Nullable FindResult nearest) {}

  /** What waits for the end of this turn of the loop. */
  private record Batch(List<Question> questions, List<Parcel> parcels) {}

  CompletableFuture<PingResponse> ping(PeerId peer) {
    PingRequest request = PingRequest.newBuilder().setPeer(ourInfo.get()).build();
    return call(peer, Methods.PING, request, PingResponse::getPeer);
  }

  /** What {@code peer} holds under {@code key}, and whom it knows near it. */
  CompletableFuture<FindResult> find(PeerId peer, DhtId key) {
    CompletableFuture<FindResult> answer = new CompletableFuture<>();
    batch(peer).questions.add(new Question(key, answer));
    return answer;
  }

  /** Gives {@code record} to {@code peer}, and asks whom it knows near the key. */
  CompletableFuture<Stored> store(PeerId peer, DhtRecord record) {
    CompletableFuture<Stored> answer = new CompletableFuture<>();
    batch(peer).parcels.add(new Parcel(record, false, true, answer));
    return answer;
  }

  /** Gives {@code record} to {@code peer}; it does not matter what becomes of it. */
  void offer(PeerId peer, DhtRecord record, boolean inCache) {
    batch(peer).parcels.add(new Parcel(record, inCache, false, new CompletableFuture<>()));
  }

  private Batch batch(PeerId peer) {
    if (waiting.isEmpty()) {
      loop.execute(this::send);
    }
    return waiting.computeIfAbsent(peer, _ -> new Batch(new ArrayList<>(), new ArrayList<>()));
  }

  private void send() {
    Map<PeerId, Batch> batches = new LinkedHashMap<>(waiting);
    waiting.clear();
    batches.forEach(
        (peer, batch) -> {
          List<Question> questions = batch.questions;
          for (int at = 0; at < questions.size(); at += Methods.KEYS_PER_CALL) {
            ask(
                peer,
                questions.subList(at, Math.min(questions.size(), at + Methods.KEYS_PER_CALL)));
          }
          deliver(peer, batch.parcels);
        });
  }

  private void ask(PeerId peer, List<Question> questions) {
    FindRequest.Builder request = FindRequest.newBuilder().setPeer(ourInfo.get());
    questions.forEach(question -> request.addKeys(question.key.toBytes()));
    var _ =
        call(peer, Methods.FIND, request.build(), FindResponse::getPeer)
            .whenComplete(
                (response, failure) -> {
                  if (failure == null) {
                    answered(peer, questions, response);
                  } else if (questions.size() > 1 && tooMuchAtOnce(reason(failure))) {
                    questions.forEach(question -> ask(peer, List.of(question)));
                  } else {
                    questions.forEach(question -> question.answer.completeExceptionally(failure));
                  }
                });
  }

  private void answered(PeerId peer, List<Question> questions, FindResponse response) {
    if (response.getResultsCount() != questions.size()) {
      listener.failed(peer, Reason.PROTOCOL_VIOLATION);
      NetworkException failure =
          new NetworkException(Reason.PROTOCOL_VIOLATION, "as many answers as keys were expected");
      questions.forEach(question -> question.answer.completeExceptionally(failure));
      return;
    }
    for (int i = 0; i < questions.size(); i++) {
      if (response.getResults(i).getOmitted() && questions.size() > 1) {
        ask(peer, List.of(questions.get(i)));
      } else {
        questions.get(i).answer.complete(response.getResults(i));
      }
    }
  }

  private void deliver(PeerId peer, List<Parcel> parcels) {
    List<Parcel> together = new ArrayList<>();
    long bytes = 0;
    for (Parcel parcel : parcels) {
      bytes += parcel.record.bytes();
      if (together.size() >= Methods.RECORDS_MAX || bytes > Methods.ANSWER_VALUE_BYTES_MAX) {
        store(peer, together);
        together = new ArrayList<>();
        bytes = parcel.record.bytes();
      }
      together.add(parcel);
    }
    if (!together.isEmpty()) {
      store(peer, together);
    }
  }

  private void store(PeerId peer, List<Parcel> parcels) {
    StoreRequest.Builder request =
        StoreRequest.newBuilder()
            .setPeer(ourInfo.get())
            .setWantNearest(parcels.stream().anyMatch(Parcel::wantNearest));
    parcels.forEach(parcel -> add(request, parcel.record, parcel.inCache));
    var _ =
        call(peer, Methods.STORE, request.build(), StoreResponse::getPeer)
            .whenComplete(
                (response, failure) -> {
                  if (failure == null) {
                    stored(parcels, response);
                  } else {
                    parcels.forEach(parcel -> parcel.answer.completeExceptionally(failure));
                  }
                });
  }

  private static void stored(List<Parcel> parcels, StoreResponse response) {
    Map<DhtId, Integer> order = new HashMap<>();
    for (int i = 0; i < parcels.size(); i++) {
      int at = order.computeIfAbsent(parcels.get(i).record.key(), _ -> order.size());
      boolean kept = i < response.getStoreOkCount() && response.getStoreOk(i);
      FindResult nearest = at < response.getNearestCount() ? response.getNearest(at) : null;
      parcels.get(i).answer.complete(new Stored(kept, nearest));
    }
  }

  static StoreRequest.Builder add(StoreRequest.Builder request, DhtRecord record, boolean cache) {
    return request
        .addKeys(record.key().toBytes())
        .addSubkeys(record.subkey())
        .addValues(record.value())
        .addExpirationTime(record.expiration())
        .addInCache(cache);
  }

  private <Q extends MessageLite, A extends MessageLite> CompletableFuture<A> call(
      PeerId peer, UnaryMethod<Q, A> method, Q request, Function<A, NodeInfo> info) {
    listener.calling(peer);
    Instant start = loop.now();
    boolean dialed = network.traffic(peer).isEmpty();
    // hivemind names peers without addresses; whoever of its peers knows them can be asked.
    boolean lost = dialed && network.addressesOf(peer).isEmpty();
    CompletableFuture<A> call =
        lost
            ? finder.find(peer).thenCompose(_ -> rpc.call(peer, method, request, timeout))
            : rpc.call(peer, method, request, timeout);
    return call.whenComplete(
        (answer, failure) -> {
          if (failure == null) {
            Duration took = Duration.between(start, loop.now());
            listener.answered(peer, info.apply(answer), dialed, took);
          } else {
            listener.failed(peer, reason(failure));
          }
        });
  }

  /** Whether asking for less may help. */
  private static boolean tooMuchAtOnce(Reason reason) {
    return reason == Reason.TOO_LARGE || reason == Reason.REMOTE_ERROR;
  }

  private static Reason reason(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof NetworkException trouble) {
        return trouble.reason();
      }
    }
    return Reason.REMOTE_ERROR;
  }
}
