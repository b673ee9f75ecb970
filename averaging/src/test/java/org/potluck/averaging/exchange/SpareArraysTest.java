package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpareArraysTest {
  @Test
  void givesBackWhatItWasGiven() {
    SpareArrays spares = new SpareArrays(100);
    byte[] array = spares.take(40);
    spares.giveBack(array);
    assertThat(spares.take(40)).isSameAs(array);
    assertThat(spares.take(40)).isNotSameAs(array);
  }

  @Test
  void keepsNoMoreThanItMay() {
    SpareArrays spares = new SpareArrays(100);
    byte[] first = new byte[40];
    byte[] second = new byte[40];
    byte[] third = new byte[40];
    spares.giveBack(first);
    spares.giveBack(second);
    spares.giveBack(third);
    assertThat(spares.take(40)).isSameAs(second);
    assertThat(spares.take(40)).isSameAs(first);
    assertThat(spares.take(40)).isNotSameAs(third);
  }

  @Test
  void letsGoOfOtherLengthsFirst() {
    SpareArrays spares = new SpareArrays(100);
    byte[] old = new byte[70];
    byte[] one = new byte[40];
    spares.giveBack(old);
    spares.giveBack(one);
    assertThat(spares.take(40)).isSameAs(one);
    assertThat(spares.take(70)).isNotSameAs(old);
  }
}
