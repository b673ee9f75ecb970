package org.potluck.averaging.trust;

/**
 * What a peer is held to have done in one round.
 *
 * @param share of its contribution that it concerns, 0 to 1
 * @param reason a sentence for people
 */
record Charge(Misdeed misdeed, double share, String reason) {
  double cost() {
    return share * misdeed.cost();
  }
}
