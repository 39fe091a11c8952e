package io.vmstore.zfs.lio;

import io.vmstore.model.Deadline;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether an address is one of this machine. To see it Java asks for all interfaces and all
 * their addresses, so that one was here is believed for a moment: hundreds of exports follow one
 * another when a NAS starts.
 *
 * <p>Thread safety: thread-safe.
 */
final class LocalAddresses implements Predicate<Portal> {
  private final Predicate<Portal> look;
  private final Duration moment;
  private final Map<Portal, Deadline> seen = new ConcurrentHashMap<>();

  /** Asks the machine. */
  LocalAddresses() {
    this(LocalAddresses::isHere, Duration.ofSeconds(2));
  }

  /** For tests. */
  LocalAddresses(Predicate<Portal> look, Duration moment) {
    this.look = look;
    this.moment = moment;
  }

  /** Of many who ask at once, one looks. */
  @Override
  public boolean test(Portal portal) {
    return seen.compute(
            portal,
            (same, believed) -> believed == null || believed.passed() ? looked(portal) : believed)
        != null;
  }

  private @Nullable Deadline looked(Portal portal) {
    return look.test(portal) ? Deadline.after(moment) : null;
  }

  private static boolean isHere(Portal portal) {
    try {
      InetAddress address = InetAddress.getByName(portal.address()); // a literal: no look-up
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      return false;
    }
  }
}
