package org.potluck.network.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.potluck.network.Multiaddr;

/** Sockets that never become peers; an honest peer still gets in. */
@Timeout(120)
@SuppressWarnings("try")
class HostileDialerTest {
  private static final String HEADER = "\u0013/multistream/1.0.0\n";

  private final List<Socket> sockets = new ArrayList<>();
  private Host victim;
  private InetSocketAddress address;

  @BeforeEach
  void start() throws Exception {
    victim = Host.start(1, impatient().withConnections(8, 8));
    address =
        victim.on(victim.network::addresses).getFirst().withoutPeer().tcpSocket().orElseThrow();
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    victim.close();
  }

  @Test
  void whoSaysNothingIsHungUpOn() throws Exception {
    assertThat(endOf(dial())).isTrue();
    anHonestPeerGetsIn();
  }

  @Test
  void whoStopsInTheMiddleIsHungUpOn() throws Exception {
    Socket socket = dial();
    say(socket, HEADER.substring(0, 7));
    assertThat(endOf(socket)).isTrue();
    Socket further = dial();
    say(further, HEADER + "\n/tls/1.0.0\n\u0016\u0003\u0001");
    assertThat(endOf(further)).isTrue();
    anHonestPeerGetsIn();
  }

  @Test
  void garbageIsHungUpOn() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      byte[] noise = new byte[5000];
      new SplittableRandom(seed).nextBytes(noise);
      Socket socket = dial();
      try {
        socket.getOutputStream().write(noise);
      } catch (IOException _) {
        // Hung up already.
      }
      assertThat(endOf(socket)).as("seed " + seed).isTrue();
    }
    anHonestPeerGetsIn();
  }

  @Test
  void moreSocketsThanAllowedAreHungUpOnAtOnceAndTheOthersInTime() throws Exception {
    for (int i = 0; i < 40; i++) {
      dial();
    }
    for (Socket socket : sockets) {
      assertThat(endOf(socket)).isTrue();
    }
    anHonestPeerGetsIn();
  }

  private static Libp2pOptions impatient() {
    return Host.options().withHandshakeMax(Duration.ofSeconds(2));
  }

  private void anHonestPeerGetsIn() throws Exception {
    try (Host honest = Host.start(2)) {
      Multiaddr to = victim.on(victim.network::addresses).getFirst();
      assertThat(honest.await(() -> honest.network.connect(to, Host.LONG)))
          .isEqualTo(victim.peer());
    }
  }

  private Socket dial() throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.connect(address);
    return socket;
  }

  private static void say(Socket socket, String ascii) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(ascii.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  /** Whether the other side closes; everything it says until then is skipped. */
  private static boolean endOf(Socket socket) throws IOException {
    socket.setSoTimeout(60_000);
    try {
      while (socket.getInputStream().read() >= 0) {
        // Its part of the negotiation.
      }
      return true;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }
}
