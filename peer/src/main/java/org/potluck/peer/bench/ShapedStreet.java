package org.potluck.peer.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potluck.network.Bandwidth;

/**
 * Houses on a street: every worker in a network namespace of its own, behind a link whose two
 * directions are shaped by a token bucket, all joined by one bridge.
 *
 * <p>Linux only, and root only. There is no added delay: rates alone make these links slow. The
 * namespaces carry this process's number, and go with it; those of a process that was killed are
 * swept away by the next one.
 */
final class ShapedStreet implements AutoCloseable {
  private static final String PREFIX = "potluck-bench-";
  private static final String NETWORK = "10.203.0.";
  private static final String CONGESTION_CONTROL = "cubic";

  private final String name = PREFIX + ProcessHandle.current().pid() + "-";
  private final List<String> namespaces = new ArrayList<>();
  private final Thread sweepAtEnd = new Thread(this::sweep, "street-end");

  /** A link of a house, as it is sold. Rates of zero stand for a link that is not shaped. */
  record House(Bandwidth up, Bandwidth down, boolean reachable) {}

  private ShapedStreet() {}

  /** Why streets cannot be built here; empty when they can. */
  static String obstacle() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return "network namespaces are a thing of Linux";
    }
    try {
      String user = output(List.of("id", "-u")).strip();
      String _ = output(List.of("ip", "-V"));
      String _ = output(List.of("tc", "-V"));
      return user.equals("0") ? "" : "only root may make network namespaces";
    } catch (IOException e) {
      return "the programs ip and tc (iproute2) are missing";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  static ShapedStreet build(List<House> houses) throws IOException, InterruptedException {
    ShapedStreet street = new ShapedStreet();
    sweepForgotten();
    Runtime.getRuntime().addShutdownHook(street.sweepAtEnd);
    try {
      String bridge = street.add("street");
      run("ip", "-n", bridge, "link", "add", "bridge", "type", "bridge");
      run("ip", "-n", bridge, "link", "set", "bridge", "up");
      for (int i = 0; i < houses.size(); i++) {
        street.connect(i, houses.get(i), bridge);
      }
      return street;
    } catch (IOException | InterruptedException e) {
      street.close();
      throw e;
    }
  }

  /** Where the worker of house {@code number} runs. */
  Crew.Berth berth(int number, boolean reachable) {
    return new Crew.Berth(List.of("ip", "netns", "exec", name + number), host(number), reachable);
  }

  private void connect(int number, House house, String bridge)
      throws IOException, InterruptedException {
    String home = add(String.valueOf(number));
    String door = "door" + number;
    run(
        "ip", "-n", bridge, "link", "add", door, "type", "veth", "peer", "name", "eth0", "netns",
        home);
    run("ip", "-n", bridge, "link", "set", door, "master", "bridge", "up");
    run("ip", "-n", home, "addr", "add", host(number) + "/24", "dev", "eth0");
    run("ip", "-n", home, "link", "set", "lo", "up");
    run("ip", "-n", home, "link", "set", "eth0", "up");
    congestionControl(home, number);
    if (house.up().bytesPerSecond() > 0) {
      shape(home, "eth0", house.up());
      shape(bridge, door, house.down());
    }
  }

  /**
   * What most volunteers' systems do by themselves, whatever this machine is set to. BBR would size
   * its windows by the shortest round trip, which is next to nothing here and on no link that is
   * sold.
   */
  private static void congestionControl(String home, int number)
      throws IOException, InterruptedException {
    run(
        "ip",
        "-n",
        home,
        "route",
        "replace",
        NETWORK + "0/24",
        "dev",
        "eth0",
        "src",
        host(number),
        "congctl",
        CONGESTION_CONTROL);
  }

  /**
   * What enters the device leaves it at no more than {@code rate}; half a tenth of a second queues.
   */
  private static void shape(String namespace, String device, Bandwidth rate)
      throws IOException, InterruptedException {
    long bits = Math.round(rate.bytesPerSecond() * 8);
    // A token bucket is filled at the kernel's tick and must hold what passes in between.
    long burst = Math.max(16_000, bits / 8 / 250 * 2);
    run(
        "tc",
        "-n",
        namespace,
        "qdisc",
        "add",
        "dev",
        device,
        "root",
        "tbf",
        "rate",
        bits + "bit",
        "burst",
        String.valueOf(burst),
        "latency",
        "50ms");
  }

  private static String host(int number) {
    return NETWORK + (number + 1);
  }

  private String add(String what) throws IOException, InterruptedException {
    String namespace = name + what;
    run("ip", "netns", "add", namespace);
    namespaces.add(namespace);
    return namespace;
  }

  private static void run(String... command) throws IOException, InterruptedException {
    String _ = output(List.of(command));
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("'" + String.join(" ", command) + "' failed: " + said.strip());
    }
    return said;
  }

  /** Removes what a benchmark left that had no time to. */
  private static void sweepForgotten() throws IOException, InterruptedException {
    Pattern own = Pattern.compile("^" + PREFIX + "(\\d+)-\\S+", Pattern.MULTILINE);
    Matcher left = own.matcher(output(List.of("ip", "netns", "list")));
    while (left.find()) {
      if (ProcessHandle.of(Long.parseLong(left.group(1))).isEmpty()) {
        run("ip", "netns", "del", left.group());
      }
    }
  }

  private void sweep() {
    for (String namespace : namespaces) {
      try {
        run("ip", "netns", "del", namespace);
      } catch (IOException e) {
        System.err.println("potluck: a network namespace stays: " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    namespaces.clear();
  }

  @Override
  public void close() {
    sweep();
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(sweepAtEnd);
    } catch (IllegalStateException e) {
      // The process is being shut down already.
    }
  }
}
