package org.potluck.peer.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.potluck.network.Identity;
import org.potluck.network.PublicKey;
import org.potluck.network.Sha256;

/**
 * A {@link RunSpec} with the coordinator's signature: what peers hand each other.
 *
 * <p>Layout: 32 bytes of the coordinator's Ed25519 key, 64 bytes of signature, then the
 * specification as JSON with sorted keys. The signature covers {@code "potluck-run:"} followed by
 * the JSON. The run id is the first 20 bytes of the SHA-256 of all of it, in hexadecimal: whoever
 * knows the id can check every byte, wherever it came from.
 */
public final class SignedManifest {
  /** Larger ones are refused before parsing. */
  public static final int BYTES_MAX = 64 * 1024;

  private static final byte[] DOMAIN = "potluck-run:".getBytes(StandardCharsets.UTF_8);
  private static final int HEADER_BYTES = PublicKey.BYTES + PublicKey.SIGNATURE_BYTES;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final byte[] bytes;
  private final PublicKey coordinator;
  private final RunSpec spec;

  private SignedManifest(byte[] bytes, PublicKey coordinator, RunSpec spec) {
    this.bytes = bytes;
    this.coordinator = coordinator;
    this.spec = spec;
  }

  public static SignedManifest sign(RunSpec spec, Identity coordinator) {
    try {
      byte[] json = JSON.writeValueAsBytes(spec);
      byte[] bytes =
          ByteBuffer.allocate(HEADER_BYTES + json.length)
              .put(coordinator.publicKey().toRaw())
              .put(coordinator.sign(signed(json)))
              .put(json)
              .array();
      return new SignedManifest(bytes, coordinator.publicKey(), spec);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a valid specification can be written", e);
    }
  }

  /**
   * Checks length, signature and content; says nothing about whether it is the run one wants, which
   * {@link #runId} does.
   */
  public static SignedManifest parse(byte[] bytes) throws ManifestException {
    if (bytes.length <= HEADER_BYTES || bytes.length > BYTES_MAX) {
      throw new ManifestException("not a manifest: " + bytes.length + " bytes");
    }
    PublicKey key = PublicKey.ofRaw(Arrays.copyOf(bytes, PublicKey.BYTES));
    byte[] signature = Arrays.copyOfRange(bytes, PublicKey.BYTES, HEADER_BYTES);
    byte[] json = Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
    if (!key.verify(signed(json), signature)) {
      throw new ManifestException("the manifest's signature is not its coordinator's");
    }
    try {
      return new SignedManifest(bytes.clone(), key, JSON.readValue(json, RunSpec.class));
    } catch (IOException e) {
      throw new ManifestException(
          "this version of Potluck cannot read the run's manifest: " + e.getMessage());
    }
  }

  /** 40 hexadecimal digits that name the run. */
  public String runId() {
    return HexFormat.of().formatHex(Sha256.of(bytes), 0, 20);
  }

  public RunSpec spec() {
    return spec;
  }

  public PublicKey coordinator() {
    return coordinator;
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  private static byte[] signed(byte[] json) {
    return ByteBuffer.allocate(DOMAIN.length + json.length).put(DOMAIN).put(json).array();
  }
}
