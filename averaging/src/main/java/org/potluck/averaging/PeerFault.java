package org.potluck.averaging;

import org.potluck.network.PeerId;

/** What a remote peer did wrong in a round: a value, never an exception through the core. */
public sealed interface PeerFault {
  PeerId peer();

  /** What the peer did, in words that follow its name. */
  default String words() {
    return switch (this) {
      case Silent(PeerId _, String during) -> "was silent (" + during + ")";
      case Late(PeerId _, String during) -> "was late (" + during + ")";
      case Malformed(PeerId _, String what) -> "sent what cannot be read (" + what + ")";
      case TwoFaced(PeerId _, String what) -> "contradicts itself (" + what + ")";
      case Implausible(PeerId _, String what) -> "sent what cannot be (" + what + ")";
    };
  }

  /** Nothing came from it, or its connection was lost. */
  record Silent(PeerId peer, String during) implements PeerFault {}

  /** It came after the round had moved on without it. */
  record Late(PeerId peer, String during) implements PeerFault {}

  /** What it sent does not parse or breaks the protocol. */
  record Malformed(PeerId peer, String what) implements PeerFault {}

  /** As a leader it told members of one round different plans; its signatures prove it. */
  record TwoFaced(PeerId peer, String what) implements PeerFault {}

  /** What it sent parses but cannot be right: not finite, wrong length, wrong weight. */
  record Implausible(PeerId peer, String what) implements PeerFault {}
}
