package org.potluck.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Base58Test {
  private static final String ALPHABET =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  @Test
  void agreesWithTheDefinitionForAnyBytes() {
    SplittableRandom random = new SplittableRandom(58);
    for (int round = 0; round < 5_000; round++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      Arrays.fill(bytes, 0, Math.min(bytes.length, random.nextInt(4)), (byte) 0);
      String text = Base58.encode(bytes);
      assertThat(text).as("%s", Arrays.toString(bytes)).isEqualTo(defined(bytes));
      assertThat(Base58.decode(text)).isEqualTo(bytes);
    }
  }

  @Test
  void refusesWhatIsNotOfTheAlphabet() {
    for (String text : new String[] {"0", "O", "I", "l", "1 1", "\u00e9", "\u2603"}) {
      assertThatThrownBy(() -> Base58.decode(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static String defined(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    BigInteger value = new BigInteger(1, bytes);
    while (value.signum() > 0) {
      text.append(ALPHABET.charAt(value.mod(BigInteger.valueOf(58)).intValue()));
      value = value.divide(BigInteger.valueOf(58));
    }
    for (int at = 0; at < bytes.length && bytes[at] == 0; at++) {
      text.append('1');
    }
    return text.reverse().toString();
  }
}
