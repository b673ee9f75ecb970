package org.potluck.averaging.trust;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whose contributions a reducer does not average in one round, whatever they are.
 *
 * @param barred by member: what is not even looked at, and why
 * @param withheld by member: what is looked at, so that whoever brings it can be thought better of,
 *     and why it is not averaged
 */
record Admission(Map<Integer, Charge> barred, Map<Integer, String> withheld) {
  /** Of all whatever they bring. */
  static final Admission OPEN = new Admission(Map.of(), Map.of());

  Admission {
    barred = Collections.unmodifiableMap(new TreeMap<>(barred));
    withheld = Collections.unmodifiableMap(new TreeMap<>(withheld));
  }

  boolean bars(int member) {
    return barred.containsKey(member);
  }

  boolean withholds(int member) {
    return withheld.containsKey(member);
  }
}
