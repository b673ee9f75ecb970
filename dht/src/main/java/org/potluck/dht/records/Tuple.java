package org.potluck.dht.records;

import java.util.List;

/** A Python tuple, which hivemind tells from a list by MessagePack extension 0x40. */
public record Tuple(List<Object> items) {
  static final byte EXTENSION = 0x40;

  public Tuple {
    items = List.copyOf(items);
  }

  public static Tuple of(Object... items) {
    return new Tuple(List.of(items));
  }
}
