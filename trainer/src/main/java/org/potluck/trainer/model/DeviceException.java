package org.potluck.trainer.model;

import java.io.IOException;

/** This machine cannot compute as its owner wished; the message names the setting to change. */
public final class DeviceException extends IOException {
  private static final long serialVersionUID = 1;

  DeviceException(String message) {
    super(message);
  }

  DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
