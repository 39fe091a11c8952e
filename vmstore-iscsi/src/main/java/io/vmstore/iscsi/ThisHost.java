package io.vmstore.iscsi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What os-brick's connector properties say of a host besides its storage. */
final class ThisHost {
  /** RFC 5737, TEST-NET-1: nobody's, so the route to it is the default route. */
  private static final String ANYBODY = "192.0.2.1";

  private ThisHost() {}

  /** The address given, or that of the default route; nothing is sent to find it. */
  static String address(@Nullable String given) {
    if (given != null) {
      return given;
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(ANYBODY, 9));
      return socket.getLocalAddress().getHostAddress();
    } catch (SocketException | UncheckedIOException e) {
      return InetAddress.getLoopbackAddress().getHostAddress(); // no network, as os-brick says it
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
