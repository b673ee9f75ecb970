package org.potluck.peer.simulate;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a peer brings to rounds instead of what it computed, or makes of what others bring. */
enum Attack {
  @JsonProperty("none")
  NONE,
  /** The opposite of it. */
  @JsonProperty("sign-flip")
  SIGN_FLIP,
  /** A hundred times it. */
  @JsonProperty("scale")
  SCALE,
  /** Normally distributed values, as long as it in all. */
  @JsonProperty("noise")
  NOISE,
  /** Values that are not numbers. */
  @JsonProperty("nan")
  NAN,
  /** What it computed four rounds before; until there is such a thing, its first. */
  @JsonProperty("stale")
  STALE,
  /** What it computed for its first round, again and again. */
  @JsonProperty("constant")
  CONSTANT,
  /** The average of the round before; for its first round, what it computed. */
  @JsonProperty("copy")
  COPY,
  /** The same with noise, a quarter as long as it. */
  @JsonProperty("disguised-copy")
  DISGUISED_COPY,
  /**
   * The same noise as all others of its class, as long as what it computed, and the word that all
   * peers of other classes are banned.
   */
  @JsonProperty("collude")
  COLLUDE,
  /**
   * Contributes honestly, but claims to be a thousand epochs ahead and gives a state of its own.
   */
  @JsonProperty("usurp")
  USURP,
  /** What it computed; as a reducer, the opposite of the average. */
  @JsonProperty("lying-reducer")
  LYING_REDUCER,
  /** What it computed; as a reducer, ten times the average. */
  @JsonProperty("inflating-reducer")
  INFLATING_REDUCER,
  /** What it computed; as a reducer, half of the average. */
  @JsonProperty("shrinking-reducer")
  SHRINKING_REDUCER
}
