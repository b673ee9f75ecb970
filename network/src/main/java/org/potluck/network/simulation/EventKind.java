package org.potluck.network.simulation;

/** What kind of thing happens at one point of the timeline. */
enum EventKind {
  /** A task that a peer gave to its loop. */
  TASK,
  /** A task that a peer scheduled. */
  TIMER,
  /** Something the test or the scenario planned. */
  SCENARIO,
  /** A step of dialing. */
  DIAL,
  /** A connection reached the side that was dialed. */
  HELLO,
  /** A connection is gone. */
  LOST,
  /** A stream is asked for, granted or refused. */
  OPEN,
  /** A segment left the uplink. */
  SENT,
  /** A segment reached the downlink. */
  ARRIVED,
  /** A segment was handed to its stream. */
  DELIVERED,
  /** The receiver allows more bytes. */
  CREDIT,
  /** A stream was reset. */
  RESET,
  /** A stream tells its handler something. */
  NOTICE,
  /** What was held back by a partition or stall goes on. */
  RELEASED,
  /** A packet was lost and repeated; the number of times. */
  REPEATED,
  /** A connection broke, as a packet was lost too often. */
  BROKEN,
  /** A peer crashed. */
  CRASHED,
  /** A peer lost power. */
  POWER_CUT,
  /** A peer started, or started again. */
  STARTED,
  /** A partition or stall began. */
  PARTED,
  /** A partition or stall ended. */
  HEALED,
  /** Something drawn for one peer changed: bandwidth, speed, clock. */
  CHANGED,
  /** A liar spoilt a message. */
  LIED
}
