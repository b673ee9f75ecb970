package org.potluck.monitor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Made-up reports for tests and for looking at the page; every name says so. */
final class Examples {
  static final Instant START = Instant.parse("2026-01-05T10:00:00Z");
  private static final String[] DEVICES = {
    "NVIDIA RTX 4090", "CPU, 8 cores", "Apple M2, 10 GPU cores", "CPU, 2 cores"
  };

  private Examples() {}

  static RunInfo run(String id) {
    return new RunInfo(
        id,
        "Example run (made-up data)",
        "potluck://"
            + id
            + "?peer=/ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooWExampleExampleExampleExampleExampleExample",
        "GPT, 12 layers, width 768",
        "byte",
        85_056_000,
        4_096,
        START,
        "example coordinator");
  }

  static EpochStatus epoch(long epoch, Instant at) {
    Random random = new Random(epoch);
    double loss =
        1.05
            + 4.5 * Math.exp(-epoch / 22.0)
            + 0.08 * random.nextGaussian() * Math.exp(-epoch / 80.0);
    return new EpochStatus(
        epoch,
        at,
        loss,
        4_100,
        epoch % 5 != 4,
        4_100L * 1_024,
        (epoch + 1) * 4_100L * 1_024,
        61.5,
        6);
  }

  static PeerStatus peer(int number, String name, long epoch, Instant at) {
    Random random = new Random(number * 1_000L + epoch);
    double share = new double[] {0.46, 0.27, 0.16, 0.08, 0.03, 0.0}[number % 6];
    PeerStatus.State state =
        switch (number % 6) {
          case 1 -> PeerStatus.State.of(PeerStatus.Activity.AVERAGING);
          case 3 -> PeerStatus.State.waiting("two more members of its group", at.plusSeconds(20));
          case 4 -> PeerStatus.State.of(PeerStatus.Activity.DOWNLOADING);
          case 5 -> PeerStatus.State.of(PeerStatus.Activity.GONE);
          default -> PeerStatus.State.of(PeerStatus.Activity.TRAINING);
        };
    return new PeerStatus(
        "12D3KooWExample" + number,
        name,
        number == 3 ? "auxiliary" : "trainer",
        DEVICES[number % DEVICES.length],
        number == 0,
        state,
        new PeerStatus.Work(
            number == 4 ? epoch - 3 : epoch,
            (long) (share * 2_000),
            (long) (share * epoch * 4_100),
            share * 66,
            share * 68_000,
            share,
            number == 3 ? Double.NaN : 1.2 + 0.05 * random.nextGaussian()),
        new PeerStatus.Link(
            number % 3 == 2 ? PeerStatus.Path.RELAYED : PeerStatus.Path.DIRECT,
            2.4e6,
            24e6,
            3_200_000_000L,
            3_900_000_000L,
            number == 0 ? Double.NaN : 0.018 * (number + 1)),
        number == 4
            ? new PeerStatus.Standing(
                0.47,
                4,
                1,
                2,
                false,
                "the very values of an earlier round",
                List.of(
                    new PeerStatus.Judgement(
                        "example-lab-3", 0, true, "the very values of an earlier round"),
                    new PeerStatus.Judgement("example-laptop", 0, true, "is unrelated"),
                    new PeerStatus.Judgement("example-attic", 0.65, false, "is unrelated")))
            : PeerStatus.Standing.good(4),
        number == 4 ? "" : number == 1 ? "sha256:77aa" + epoch : "sha256:3f9c0e21b7" + epoch,
        number == 5 ? at.minusSeconds(400) : at.minusSeconds(number));
  }

  static List<PeerStatus> peers(long epoch, Instant at) {
    List<PeerStatus> peers = new ArrayList<>();
    String[] names = {
      "example-attic",
      "example-laptop",
      "example-lab-3",
      "example-relay",
      "example-garage",
      "example-gone"
    };
    for (int i = 0; i < names.length; i++) {
      peers.add(peer(i, names[i], epoch, at));
    }
    return peers;
  }

  static RoundStatus round(long epoch, Instant at) {
    boolean abandoned = epoch % 17 == 9;
    boolean stoodIn = epoch % 7 == 2;
    RoundStatus.Part usual = abandoned ? RoundStatus.Part.ABANDONED : RoundStatus.Part.AVERAGED;
    return new RoundStatus(
        "round-" + epoch,
        epoch,
        at,
        List.of(
            member(0, "example-attic", 0.4, usual),
            member(1, "example-laptop", 0.3, usual),
            member(2, "example-lab-3", 0.3, stoodIn ? RoundStatus.Part.AT_FAULT : usual),
            member(3, "example-relay", 0, epoch % 5 == 0 ? RoundStatus.Part.UNTOLD : usual)),
        4,
        abandoned ? 0 : 4_100,
        1.2 + new Random(epoch).nextDouble(),
        abandoned ? 9 : 5.5 + new Random(epoch).nextDouble() * 2,
        abandoned ? 40_000_000 : 171_000_000,
        abandoned ? RoundStatus.Outcome.ABANDONED : RoundStatus.Outcome.AVERAGED,
        abandoned ? "two reducers went silent, and nobody could stand in" : "",
        epoch % 3 == 0 ? List.of("example-garage, at epoch " + (epoch - 3)) : List.of(),
        stoodIn ? List.of("example-lab-3 was silent (dialing), says example-attic") : List.of());
  }

  private static RoundStatus.Member member(
      int number, String name, double share, RoundStatus.Part part) {
    return new RoundStatus.Member(
        "12D3KooWExample" + number, name, share, number == 3 ? 0 : 1_366, part);
  }
}
