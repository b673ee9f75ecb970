package org.potluck.monitor;

/** The dashboard cannot start; the message names the setting to change. */
public final class DashboardException extends RuntimeException {
  public DashboardException(String message) {
    super(message);
  }

  public DashboardException(String message, Throwable cause) {
    super(message, cause);
  }
}
