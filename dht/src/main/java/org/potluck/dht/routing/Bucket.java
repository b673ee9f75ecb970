package org.potluck.dht.routing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtId;

/**
 * The contacts whose ids share the first {@code depth} bits with {@code prefix}, and the spare ones
 * that take the place of those that fall silent. Least recently heard of first, those never heard
 * of before all.
 */
final class Bucket {
  private final DhtId prefix;
  private final int depth;
  private final int size;
  private final LinkedHashMap<DhtId, Contact> contacts = new LinkedHashMap<>();
  private final LinkedHashMap<DhtId, Contact> spares = new LinkedHashMap<>();
  private final Map<DhtId, Instant> heardAt = new HashMap<>();
  private Instant touched;

  Bucket(DhtId prefix, int depth, int size, Instant now) {
    this.prefix = prefix.prefix(depth, new DhtId(0, 0, 0));
    this.depth = depth;
    this.size = size;
    this.touched = now;
  }

  DhtId prefix() {
    return prefix;
  }

  int depth() {
    return depth;
  }

  /** When this part of the space was last heard of or searched. */
  Instant touched() {
    return touched;
  }

  void touch(Instant now) {
    touched = now;
  }

  boolean covers(DhtId id) {
    return prefix.sharedBits(id) >= depth;
  }

  Collection<Contact> contacts() {
    return contacts.values();
  }

  @Nullable Contact get(DhtId id) {
    return contacts.get(id);
  }

  /** Takes {@code contact} in as the most recent; false when the bucket is full. */
  boolean add(Contact contact, Instant now) {
    if (contacts.remove(contact.id()) == null && contacts.size() >= size) {
      return false;
    }
    spares.remove(contact.id());
    contacts.put(contact.id(), contact);
    heardAt.put(contact.id(), now);
    touched = now;
    return true;
  }

  /** Makes {@code contact} the most recent; false when another or none stands at its id. */
  boolean again(Contact contact, Instant now) {
    Contact there = contacts.get(contact.id());
    if (there == null || !there.peer().equals(contact.peer())) {
      return false;
    }
    contacts.putLast(there.id(), there);
    heardAt.put(there.id(), now);
    touched = now;
    return true;
  }

  /** Keeps {@code contact} for the day a place becomes free; the oldest spare gives way. */
  void spare(Contact contact) {
    spares.remove(contact.id());
    spares.put(contact.id(), contact);
    if (spares.size() > size) {
      spares.remove(spares.keySet().iterator().next());
    }
  }

  /** Forgets a contact; the most recent spare moves up and is returned. */
  Optional<Contact> remove(DhtId id) {
    spares.remove(id);
    heardAt.remove(id);
    if (contacts.remove(id) == null || spares.isEmpty()) {
      return Optional.empty();
    }
    Contact next = spares.pollLastEntry().getValue();
    contacts.putFirst(next.id(), next);
    return Optional.of(next);
  }

  /**
   * Contacts not heard of since {@code before}, each with when; spares that moved up come first.
   */
  List<Map.Entry<Contact, Instant>> quiet(Instant before) {
    List<Map.Entry<Contact, Instant>> quiet = new ArrayList<>();
    for (Contact contact : contacts.values()) {
      Instant heard = heardAt.getOrDefault(contact.id(), Instant.EPOCH);
      if (!heard.isBefore(before)) {
        break; // All that follow were heard of later.
      }
      quiet.add(Map.entry(contact, heard));
    }
    return quiet;
  }

  Contact leastRecent() {
    return contacts.values().iterator().next();
  }

  /** The two halves, in the order of their prefixes. */
  List<Bucket> split() {
    Bucket left = new Bucket(prefix, depth + 1, size, touched);
    Bucket right = new Bucket(prefix.flip(depth), depth + 1, size, touched);
    for (Contact contact : contacts.values()) {
      Bucket half = left.covers(contact.id()) ? left : right;
      half.contacts.put(contact.id(), contact);
      half.heardAt.put(contact.id(), heardAt.getOrDefault(contact.id(), Instant.EPOCH));
    }
    for (Contact contact : spares.values()) {
      Bucket half = left.covers(contact.id()) ? left : right;
      if (half.contacts.size() < size) {
        half.contacts.putFirst(contact.id(), contact);
      } else {
        half.spares.put(contact.id(), contact);
      }
    }
    return List.of(left, right);
  }
}
