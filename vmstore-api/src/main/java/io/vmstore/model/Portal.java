package io.vmstore.model;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address and TCP port at which a target listens.
 *
 * @param address an IPv4 or IPv6 literal, never a host name (a name may change its meaning between
 *     two logins). IPv6 is kept in the form of RFC 5952, without brackets.
 * @param port 1 to 65535
 */
public record Portal(String address, int port) {
  /** The port that IANA registered for iSCSI. */
  public static final int DEFAULT_PORT = 3260;

  private static final Pattern IPV4 =
      Pattern.compile(
          "(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");
  private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9a-fA-F:.]{2,45}");
  private static final Pattern TEXT =
      Pattern.compile("(?:\\[([^\\]]*)\\]|([^:\\[\\]]*))(?::([0-9]{1,5}))?");

  /**
   * Checks and normalises the address.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when the address is no literal or
   *     the port is out of range
   */
  public Portal {
    if (IPV6.matcher(address).matches()) {
      address = normalised(address);
    } else if (!IPV4.matcher(address).matches()) {
      throw invalid(address);
    }
    if (port < 1 || port > 65535) {
      throw Checks.invalid(
          "portal port", port, "a TCP port is 1 to 65535", "iSCSI's own port is 3260");
    }
  }

  /**
   * Reads {@code 10.0.0.1:3260}, {@code [fd00::1]:3260}, or either without a port, which then is
   * 3260.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not of that form
   */
  public static Portal parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw invalid(text);
    }
    boolean bracketed = matcher.group(1) != null;
    String address = bracketed ? matcher.group(1) : matcher.group(2);
    if (bracketed && !address.contains(":")) {
      throw invalid(text);
    }
    int port = matcher.group(3) == null ? DEFAULT_PORT : Integer.parseInt(matcher.group(3));
    return new Portal(address, port);
  }

  /**
   * {@return {@code address:port}, an IPv6 address in brackets: the form that configfs and iscsiadm
   * use}
   */
  @Override
  public String toString() {
    return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
  }

  private static String normalised(String text) {
    byte[] bytes;
    try {
      // A text with two colons is never looked up in the DNS.
      InetAddress parsed = InetAddress.getByName(text);
      if (!(parsed instanceof Inet6Address)) {
        throw invalid(
            text); // an IPv4 address in IPv6 clothes: the kernel would listen elsewhere than it
        // says
      }
      bytes = parsed.getAddress();
    } catch (UnknownHostException e) {
      throw invalid(text);
    }
    return compressed(bytes);
  }

  /**
   * RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as
   * {@code ::}.
   */
  private static String compressed(byte[] bytes) {
    int bestStart = -1;
    int bestLength = 1;
    for (int start = 0; start < 8; start++) {
      int length = 0;
      while (start + length < 8 && group(bytes, start + length) == 0) {
        length++;
      }
      if (length > bestLength) {
        bestStart = start;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":");
        text.append(Integer.toHexString(group(bytes, i)));
      }
    }
    return text.toString();
  }

  private static int group(byte[] bytes, int index) {
    return (bytes[2 * index] & 0xff) << 8 | (bytes[2 * index + 1] & 0xff);
  }

  private static RuntimeException invalid(String text) {
    return Checks.invalid(
        "portal",
        text,
        "a portal is an IPv4 address or an IPv6 address in brackets, with an optional port",
        "write it like 10.0.0.1:3260 or [fd00::1]:3260; host names are not portals");
  }
}
