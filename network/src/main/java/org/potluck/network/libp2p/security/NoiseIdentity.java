package org.potluck.network.libp2p.security;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import org.potluck.network.Identity;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.proto.NoiseExtensions;
import org.potluck.network.proto.NoiseHandshakePayload;

/**
 * What a handshake message says about its sender: who it is, and which muxers it speaks (libp2p
 * specs, noise, "The libp2p handshake payload").
 */
record NoiseIdentity(PeerId peer, List<String> muxers) {
  private static final String SIGNED_PREFIX = "noise-libp2p-static-key:";
  private static final int MUXERS_MAX = 16;

  NoiseIdentity {
    muxers = List.copyOf(muxers);
  }

  static byte[] payload(Identity own, byte[] ownStatic, List<String> muxers) {
    NoiseHandshakePayload.Builder payload =
        NoiseHandshakePayload.newBuilder()
            .setIdentityKey(ByteString.copyFrom(own.publicKey().toProtobuf()))
            .setIdentitySig(
                ByteString.copyFrom(own.sign(Remote.statement(SIGNED_PREFIX, ownStatic))));
    if (!muxers.isEmpty()) {
      payload.setExtensions(NoiseExtensions.newBuilder().addAllStreamMuxers(muxers));
    }
    return payload.build().toByteArray();
  }

  static NoiseIdentity proven(byte[] payload, byte[] remoteStatic) throws NetworkException {
    NoiseHandshakePayload message;
    try {
      message = NoiseHandshakePayload.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw new NetworkException(
          Reason.PROTOCOL_VIOLATION, "the Noise handshake's payload makes no sense", e);
    }
    if (message.getExtensions().getStreamMuxersCount() > MUXERS_MAX) {
      throw new NetworkException(
          Reason.TOO_LARGE, "the remote lists more than " + MUXERS_MAX + " muxers");
    }
    PeerId peer =
        Remote.proven(
            message.getIdentityKey().toByteArray(),
            Remote.statement(SIGNED_PREFIX, remoteStatic),
            message.getIdentitySig().toByteArray());
    return new NoiseIdentity(peer, message.getExtensions().getStreamMuxersList());
  }
}
