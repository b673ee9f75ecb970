package org.potluck.dht;

import org.potluck.dht.proto.FindRequest;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.PingRequest;
import org.potluck.dht.proto.PingResponse;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.proto.StoreResponse;
import org.potluck.network.rpc.UnaryMethod;

/** The three calls of hivemind's DHT, and what one message may hold. */
final class Methods {
  static final UnaryMethod<PingRequest, PingResponse> PING =
      new UnaryMethod<>(
          "DHTProtocol.rpc_ping", PingRequest.parser(), PingResponse.parser(), 64 << 10);

  static final UnaryMethod<StoreRequest, StoreResponse> STORE =
      new UnaryMethod<>(
          "DHTProtocol.rpc_store",
          StoreRequest.parser(),
          StoreResponse.parser(),
          UnaryMethod.HIVEMIND_MESSAGE_BYTES_MAX);

  static final UnaryMethod<FindRequest, FindResponse> FIND =
      new UnaryMethod<>(
          "DHTProtocol.rpc_find",
          FindRequest.parser(),
          FindResponse.parser(),
          UnaryMethod.HIVEMIND_MESSAGE_BYTES_MAX);

  /** Keys that one of our find requests asks for, as in hivemind. */
  static final int KEYS_PER_CALL = 16;

  /** Keys that one find request may ask for. */
  static final int KEYS_MAX = 64;

  /** Records that one store request may bring, dictionaries taken apart. */
  static final int RECORDS_MAX = 512;

  /** Values of one answer together; leaves room for ids and addresses. */
  static final int ANSWER_VALUE_BYTES_MAX = 3 << 20;

  private Methods() {}
}
