package org.potluck.averaging;

/** What a member of a group brings. */
public enum Role {
  /** Contributes values, and bandwidth if it can. */
  TRAINER,
  /** Contributes only bandwidth. */
  AUXILIARY
}
