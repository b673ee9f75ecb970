package org.potluck.network;

import java.util.Optional;

/**
 * A self-describing network address, for instance {@code /ip4/203.0.113.7/tcp/4001/p2p/12D3KooW...}
 * (libp2p specs, addressing).
 */
public final class Multiaddr {
  private final String text;

  private Multiaddr(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException naming the part that is wrong
   */
  public static Multiaddr parse(String text) {
    return new Multiaddr(text);
  }

  /** The peer id at the end, where there is one. */
  public Optional<PeerId> peer() {
    int at = text.lastIndexOf("/p2p/");
    return at < 0 ? Optional.empty() : Optional.of(PeerId.parse(text.substring(at + 5)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Multiaddr that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
