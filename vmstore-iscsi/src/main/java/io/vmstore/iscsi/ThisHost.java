package io.vmstore.iscsi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What os-brick's connector properties say of a host besides its storage. */
final class ThisHost {
  /** RFC 5737, TEST-NET-1: nobody's, so the route to it is the default route. */
  private static final String ANYBODY = "192.0.2.1";

  private ThisHost() {}

  /**
   * The address given; or that of the default route, which nothing is sent to find; or the first
   * there is.
   */
  static String address(@Nullable String given) {
    return given != null
        ? given
        : ofDefaultRoute()
            .or(ThisHost::first)
            .orElseGet(InetAddress::getLoopbackAddress)
            .getHostAddress();
  }

  private static Optional<InetAddress> ofDefaultRoute() {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(ANYBODY, 9));
      return Optional.of(socket.getLocalAddress()).filter(address -> !address.isAnyLocalAddress());
    } catch (SocketException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  private static Optional<InetAddress> first() {
    try {
      return NetworkInterface.networkInterfaces()
          .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
          .findFirst();
    } catch (SocketException e) {
      return Optional.empty();
    }
  }

  /** The kernel's host name (gethostname(2)). */
  static String name() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }

  /** The machine as uname(2) spells it, which Java does not. */
  static String platform() {
    String name = System.getProperty("os.arch", "");
    return name.equals("amd64") ? "x86_64" : name;
  }
}
