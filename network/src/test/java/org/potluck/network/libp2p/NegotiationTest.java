package org.potluck.network.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NegotiationTest {
  private static final String HEADER = "\u0013/multistream/1.0.0\n";

  @Test
  void agreesOnTheFirstProposalThatIsSpoken() {
    Negotiation dialer = Negotiation.dialer(List.of("/a", "/b", "/c"));
    Negotiation listener = Negotiation.listener(List.of("/c", "/b")::contains);
    for (int i = 0; i < 4; i++) {
      dialer.toSend().ifPresent(listener::receive);
      listener.toSend().ifPresent(dialer::receive);
    }
    assertThat(dialer.agreed()).contains("/b");
    assertThat(listener.agreed()).contains("/b");
  }

  @Test
  void answersHeaderAndEchoThatArriveInOnePacketAndLeavesTheRest() {
    Negotiation listener = Negotiation.listener("/a"::equals);
    listener.toSend();
    ByteBuffer packet = ascii(HEADER + "\u0003/a\nrest");
    listener.receive(packet);
    assertThat(listener.agreed()).contains("/a");
    assertThat(listener.toSend().map(NegotiationTest::text)).contains("\u0003/a\n");
    assertThat(text(packet)).isEqualTo("rest");
  }

  @Test
  void understandsMessagesThatArriveByteByByte() {
    Negotiation dialer = Negotiation.dialer(List.of("/a"));
    for (byte one : bytes(HEADER + "\u0003/a\n")) {
      assertThat(dialer.agreed()).isEmpty();
      dialer.receive(ByteBuffer.wrap(new byte[] {one}));
    }
    assertThat(dialer.agreed()).contains("/a");
  }

  @Test
  void failsWhenNothingIsSpoken() {
    Negotiation dialer = Negotiation.dialer(List.of("/a"));
    dialer.receive(ascii(HEADER + "\u0003na\n"));
    assertThat(dialer.failure()).hasValueSatisfying(why -> assertThat(why).contains("/a"));
  }

  @Test
  void refusesAMessageBeyondTheLimitBeforeReadingIt() {
    Negotiation listener = Negotiation.listener(_ -> true);
    listener.receive(ByteBuffer.wrap(new byte[] {(byte) 0x81, 0x08}));
    assertThat(listener.failure()).isPresent();
  }

  @Test
  void endsAnEndlessGuessing() {
    Negotiation listener = Negotiation.listener(_ -> false);
    listener.receive(ascii(HEADER));
    for (int i = 0; i < 100; i++) {
      listener.receive(ascii("\u0003/x\n"));
    }
    assertThat(listener.failure()).isPresent();
  }

  @Test
  void randomBytesNeverThrowNorAgree() {
    for (int seed = 0; seed < 2000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] noise = new byte[random.nextInt(1, 3000)];
      random.nextBytes(noise);
      Negotiation listener = Negotiation.listener("/a"::equals);
      listener.receive(ByteBuffer.wrap(noise));
      assertThat(listener.agreed()).as("seed " + seed).isEmpty();
    }
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(bytes(text));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String text(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
