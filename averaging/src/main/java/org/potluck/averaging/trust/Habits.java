package org.potluck.averaging.trust;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.potluck.network.PeerId;

/**
 * What each peer brings, and averages, from round to round, and what is held against it for that.
 *
 * <p>One round says little of a contribution, so what was measured of it is remembered, and the
 * mean over some rounds is judged: by {@link Direction}, {@link Company}, {@link Lag}, {@link
 * Copies} and, of averages, {@link Echo}. Whoever brings the same of its own in each round has data
 * of its own ({@link Leanings}); much of the rest is not held against it then.
 */
final class Habits {
  /**
   * Whose contributions have so much of their own in common with each other has its own data. Noise
   * is at -0.03 (5,000 places), peers with other text at 0.05 to 0.6.
   */
  private static final double OWN_DATA_FROM = 0.02;

  /** Who finds that of its own contributions does not listen for them in averages. */
  private static final double ODD_FROM = 0.2;

  private final Bearings directions = new Bearings();
  private final Bearings companies = new Bearings();
  private final Bearings lags = new Bearings();
  private final Bearings copies = new Bearings();
  private final Bearings echoes = new Bearings();
  private final Bearings lasting = new Bearings();
  private final Leanings leanings = new Leanings();
  private final Repeats repeats = new Repeats();

  /** Where everybody's contributions to a round point, as far as can be told. */
  private record Bearing(Direction direction, Company company, Lag lag, Copies copies) {}

  /**
   * What follows from a round that has ended.
   *
   * @param averaged whether its average is used; after one that failed everybody may bring the same
   *     again
   * @param sameText whether all have the same text, so that nobody has data of its own
   * @return by member what is held against it; nothing against this peer itself
   */
  List<List<Charge>> after(Screen screen, boolean averaged, boolean sameText) {
    Sightings seen = screen.sightings();
    Bearing bearing = new Bearing(seen.direction(), seen.company(), seen.lag(), seen.copies());
    Echo echo = seen.echo();
    if (averaged) {
      lean(screen);
    }
    BitSet repeated = averaged ? repeated(screen) : new BitSet();
    boolean odd = !sameText && lasting(screen.members().get(screen.self())) >= ODD_FROM;
    List<List<Charge>> held = new ArrayList<>();
    for (int member = 0; member < screen.members().size(); member++) {
      List<Charge> charges = new ArrayList<>();
      held.add(charges);
      if (member == screen.self()) {
        continue;
      }
      if (screen.weight(member) > 0) {
        charges.addAll(screen.charges(member));
        charges.addAll(pointed(screen, member, bearing, sameText));
        if (repeated.get(member)) {
          charges.add(
              new Charge(Misdeed.REPEATED, 1, "its contribution is one that it sent before"));
        }
      }
      if (averaged) {
        reduced(screen.members().get(member), member, echo, odd).ifPresent(charges::add);
      }
    }
    return held;
  }

  /** Remembers what everybody, this peer included, brings of its own. */
  private void lean(Screen screen) {
    for (int member = 0; member < screen.members().size(); member++) {
      PeerId peer = screen.members().get(member);
      List<Leanings.Piece> pieces = screen.sightings().leaning(member);
      if (!pieces.isEmpty()) {
        lasting.after(peer, leanings.after(peer, pieces, screen.sightings().stride()));
      }
    }
  }

  /** How much of what a peer brings of its own it brings again; 0 where that is not known. */
  private double lasting(PeerId peer) {
    return lasting.trend(peer).map(Bearings.Trend::mean).orElse(0.0);
  }

  /** Where a member's contributions point, over some rounds. */
  private List<Charge> pointed(Screen screen, int member, Bearing round, boolean sameText) {
    PeerId peer = screen.members().get(member);
    boolean ownData = !sameText && lasting(peer) >= OWN_DATA_FROM;
    Optional<Charge> astray =
        directions.after(peer, round.direction().ratio(member)).flatMap(Direction::charge);
    Optional<Charge> lonely =
        companies.after(peer, round.company().ratio(member)).flatMap(Company::charge);
    Optional<Charge> late =
        round
            .lag()
            .cosines(member)
            .flatMap(cosines -> lags.after(peer, cosines))
            .flatMap(Lag::charge);
    Optional<Charge> copied =
        copies.after(peer, round.copies().ratio(member)).flatMap(Copies::charge);
    List<Charge> charges = new ArrayList<>();
    astray
        .filter(charge -> !ownData || charge.misdeed() == Misdeed.OPPOSES)
        .or(() -> lonely.filter(_ -> !ownData))
        .ifPresent(charges::add);
    late.filter(_ -> !ownData).ifPresent(charges::add);
    copied.ifPresent(charges::add);
    return charges;
  }

  /** What a member's averages give reason for; by an odd one nobody's are measured. */
  private Optional<Charge> reduced(PeerId peer, int member, Echo echo, boolean odd) {
    if (echo.excess(member) > 0) {
      return Optional.of(
          new Charge(
              Misdeed.TOO_LARGE,
              1,
              "its average is %.0f times as long as what went into it"
                  .formatted(echo.excess(member))));
    }
    OptionalDouble ratio = odd ? OptionalDouble.empty() : echo.ratio(member);
    return echoes.after(peer, ratio).flatMap(Echo::charge);
  }

  /** Members that brought something again; none where that is what most do, as in a benchmark. */
  private BitSet repeated(Screen screen) {
    BitSet repeated = new BitSet();
    int judged = 0;
    for (int member = 0; member < screen.members().size(); member++) {
      Repeats.Probes probes = screen.sightings().probes(member);
      if (probes.places().length > 0) {
        judged++;
        repeated.set(member, repeats.repeated(screen.members().get(member), probes));
      }
    }
    boolean usual = repeated.get(screen.self()) || 2 * repeated.cardinality() >= judged;
    return usual ? new BitSet() : repeated;
  }
}
