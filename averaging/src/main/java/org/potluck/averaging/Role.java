package org.potluck.averaging;

import java.util.Locale;

/** What a peer brings to its run. */
public enum Role {
  /** Computes gradients, and lends its link as far as others can reach it. */
  TRAINER,
  /**
   * Lends its link and computes nothing: it reduces what others contribute, holds the model and
   * gives it to newcomers.
   */
  AUXILIARY,
  /**
   * Holds the model and lends nothing: it has no place in rounds and takes each step afterwards.
   */
  RECEIVER,
  /** Only looks on. */
  OBSERVER;

  /** Whether it brings something of its own to rounds. */
  public boolean trains() {
    return this == TRAINER;
  }

  /** Whether it has a place in rounds, and so a say in where the swarm is. */
  public boolean takesPart() {
    return this == TRAINER || this == AUXILIARY;
  }

  /** Whether it holds the model. */
  public boolean holdsModel() {
    return this != OBSERVER;
  }

  /** What it is called on the wire and by people. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role called {@code word}; who brings what nobody here knows is an onlooker. */
  public static Role of(String word) {
    for (Role role : values()) {
      if (role.word().equals(word)) {
        return role;
      }
    }
    return OBSERVER;
  }
}
