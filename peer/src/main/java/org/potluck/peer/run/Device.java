package org.potluck.peer.run;

import java.util.Locale;
import org.potluck.trainer.model.DeviceChoice;

/** What {@code --device} may say. */
public enum Device {
  AUTO,
  CPU,
  GPU;

  DeviceChoice choice() {
    return DeviceChoice.valueOf(name());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
