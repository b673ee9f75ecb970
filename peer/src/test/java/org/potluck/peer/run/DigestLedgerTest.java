package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

class DigestLedgerTest {
  private final Random random = new Random(5);
  private final PeerId first = Identity.generate(random).peerId();
  private final PeerId second = Identity.generate(random).peerId();
  private final PeerId third = Identity.generate(random).peerId();
  private final DigestLedger ledger = new DigestLedger();

  @Test
  void countsEpochsThatTwoSpokeOf() {
    ledger.note(first, "a", 1, "x");
    assertThat(ledger.agreement().compared()).isZero();
    ledger.note(second, "b", 1, "x");
    ledger.note(third, "c", 1, "x");
    ledger.note(first, "a", 2, "y");
    assertThat(ledger.agreement()).isEqualTo(new Agreement(1, 0, java.util.List.of()));
  }

  @Test
  void namesEverybodyWhenOneDiffers() {
    ledger.note(first, "a", 7, "x");
    assertThat(ledger.note(second, "b", 7, "y"))
        .hasValueSatisfying(dispute -> assertThat(dispute).hasToString("epoch 7: a x, b y"));
    assertThat(ledger.note(third, "c", 7, "z")).as("told once").isEmpty();
    assertThat(ledger.agreement().disputed()).isOne();
  }

  @Test
  void aPeerCannotTakeItsWordBack() {
    ledger.note(first, "a", 3, "x");
    ledger.note(second, "b", 3, "y");
    ledger.note(second, "b", 3, "x");
    assertThat(ledger.agreement().disputed()).isOne();
  }

  @Test
  void forgetsOldEpochsAndIgnoresLateWords() {
    for (long epoch = 0; epoch < 1000; epoch++) {
      ledger.note(first, "a", epoch, "x" + epoch);
      ledger.note(second, "b", epoch, "x" + epoch);
    }
    assertThat(ledger.note(third, "c", 5, "another")).isEmpty();
    assertThat(ledger.agreement().compared()).isEqualTo(1000);
  }
}
