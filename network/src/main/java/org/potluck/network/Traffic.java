package org.potluck.network;

/**
 * Bytes moved, as counted at the socket (encryption and framing included).
 *
 * @param bytesSent bytes handed to the operating system
 * @param bytesReceived bytes read from it
 */
public record Traffic(long bytesSent, long bytesReceived) {
  public static final Traffic NONE = new Traffic(0, 0);

  public Traffic {
    if (bytesSent < 0 || bytesReceived < 0) {
      throw new IllegalArgumentException("negative traffic: " + bytesSent + ", " + bytesReceived);
    }
  }

  public Traffic plus(Traffic other) {
    return new Traffic(bytesSent + other.bytesSent, bytesReceived + other.bytesReceived);
  }
}
