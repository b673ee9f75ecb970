package org.potluck.network.libp2p;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * multistream-select 1.0 as a pure state machine (libp2p specs, connections).
 *
 * <p>Both sides send a header; the dialer proposes protocols one by one; the listener echoes the
 * first it speaks and answers {@code na} to others. Messages are a length as unsigned varint, text,
 * and a newline. Whatever follows the last message belongs to the protocol agreed on.
 */
final class Negotiation {
  private static final String HEADER = "/multistream/1.0.0";
  private static final String NOT_AVAILABLE = "na";
  private static final int MESSAGE_BYTES_MAX = 1024;
  private static final int MESSAGES_MAX = 64;

  private enum State {
    RUNNING,
    AGREED,
    FAILED
  }

  private final List<String> proposals;
  private final Predicate<String> spoken;
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();
  private final ByteArrayOutputStream reply = new ByteArrayOutputStream();
  private State state = State.RUNNING;
  private String outcome = "";
  private boolean headerSeen;
  private int proposal;
  private int messages;
  private int length;
  private int lengthShift;
  private boolean lengthKnown;

  private Negotiation(List<String> proposals, Predicate<String> spoken) {
    this.proposals = List.copyOf(proposals);
    this.spoken = spoken;
    say(HEADER);
    if (!proposals.isEmpty()) {
      say(proposals.getFirst());
    }
  }

  static Negotiation dialer(List<String> proposals) {
    if (proposals.isEmpty()) {
      throw new IllegalArgumentException("nothing to propose");
    }
    return new Negotiation(proposals, _ -> false);
  }

  static Negotiation listener(Predicate<String> spoken) {
    return new Negotiation(List.of(), spoken);
  }

  /** Consumes what belongs to the negotiation and leaves the rest of {@code data}. */
  void receive(ByteBuffer data) {
    while (state == State.RUNNING && data.hasRemaining()) {
      int next = data.get() & 0xff;
      if (!lengthKnown) {
        lengthByte(next);
      } else {
        message.write(next);
        if (message.size() == length) {
          take();
        }
      }
    }
  }

  /** What is to be sent now; empties itself. */
  Optional<ByteBuffer> toSend() {
    if (reply.size() == 0) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(reply.toByteArray());
    reply.reset();
    return Optional.of(bytes);
  }

  /** The protocol agreed on. */
  Optional<String> agreed() {
    return state == State.AGREED ? Optional.of(outcome) : Optional.empty();
  }

  /** Why there will be no agreement. */
  Optional<String> failure() {
    return state == State.FAILED ? Optional.of(outcome) : Optional.empty();
  }

  private void lengthByte(int next) {
    length |= (next & 0x7f) << lengthShift;
    lengthShift += 7;
    lengthKnown = next < 0x80;
    if (length > MESSAGE_BYTES_MAX || lengthShift > 21 || (lengthKnown && length == 0)) {
      fail("a negotiation message of " + length + " bytes");
    }
  }

  private void take() {
    byte[] bytes = message.toByteArray();
    message.reset();
    length = 0;
    lengthShift = 0;
    lengthKnown = false;
    if (bytes[bytes.length - 1] != '\n' || ++messages > MESSAGES_MAX) {
      fail("the remote does not negotiate properly");
      return;
    }
    String text = new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8);
    if (!headerSeen) {
      headerSeen = true;
      if (!text.equals(HEADER)) {
        fail("the remote does not speak multistream-select 1.0");
      }
    } else if (proposals.isEmpty()) {
      answer(text);
    } else {
      hear(text);
    }
  }

  private void answer(String text) {
    if (spoken.test(text)) {
      say(text);
      agree(text);
    } else {
      say(NOT_AVAILABLE);
    }
  }

  private void hear(String text) {
    if (text.equals(proposals.get(proposal))) {
      agree(text);
    } else if (!text.equals(NOT_AVAILABLE)) {
      fail("the remote answered something that was not proposed");
    } else if (++proposal < proposals.size()) {
      say(proposals.get(proposal));
    } else {
      fail("the remote does not speak " + String.join(" or ", proposals));
    }
  }

  private void agree(String protocol) {
    state = State.AGREED;
    outcome = protocol;
  }

  private void fail(String why) {
    state = State.FAILED;
    outcome = why;
  }

  private void say(String text) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    for (int rest = bytes.length; ; rest >>>= 7) {
      if (rest < 0x80) {
        reply.write(rest);
        break;
      }
      reply.write((rest & 0x7f) | 0x80);
    }
    reply.writeBytes(bytes);
  }
}
