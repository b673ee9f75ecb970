package org.potluck.network;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Immutable values that were made lately, so that equal ones are one object.
 *
 * <p>A node hears the names of the same peers all the time, and ten thousand simulated nodes hear
 * them in one process: what is parsed once need be neither parsed nor kept again. A value has two
 * places, by its hash; the older one there is forgotten. Threads may share it: at worst two of them
 * make equal values.
 *
 * @param <T> immutable, or changed only by what any thread would find out alike
 */
public final class Recent<T> {
  private final AtomicReferenceArray<T> places;

  /**
   * @param bits there are two to the power of this many places, of four bytes each
   */
  public Recent(int bits) {
    places = new AtomicReferenceArray<>(1 << bits);
  }

  /** The value that {@code same} accepts, or one that is made now. */
  public T get(int hash, Predicate<T> same, Supplier<T> make) {
    int first = ((hash * 0x9E3779B9) >>> 7) & (places.length() - 1);
    int second = first ^ 1;
    @Nullable T newer = places.getAcquire(first);
    if (newer != null && same.test(newer)) {
      return newer;
    }
    @Nullable T older = places.getAcquire(second);
    if (older != null && same.test(older)) {
      return older;
    }
    T made = make.get();
    places.setRelease(second, newer);
    places.setRelease(first, made);
    return made;
  }

  /** {@code value}, or an equal one from before. */
  public T canonical(T value) {
    return get(value.hashCode(), value::equals, () -> value);
  }
}
