package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.local.Sessions.Session;
import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Who has a volume open: processes, mounts, loop devices. For a plain file there is nobody else to
 * ask, so whoever is found here decides; processes of other users are found by root only.
 * Thread-safe.
 */
final class Holders {
  private final DeviceHolders devices;
  private final Loops loops;

  Holders(DeviceHolders devices, Loops loops) {
    this.devices = devices;
    this.loops = loops;
  }

  /** Refuses when somebody holds the volume's file; a loop device on it does, though it be idle. */
  void requireNone(Path data, String problem) throws IOException {
    List<String> found = new ArrayList<>(devices.of(DevicePath.of(data)));
    loops.on(data).forEach(loop -> found.add("loop device '" + loop + "'"));
    refuse(problem, found);
  }

  /** Refuses when somebody holds the session's device, or another loop device on its file. */
  void requireNone(Session session, String problem) throws IOException {
    Set<Path> nodes = new LinkedHashSet<>(loops.on(session.data()));
    nodes.add(session.device());
    refuse(
        problem, nodes.stream().flatMap(node -> devices.of(DevicePath.of(node)).stream()).toList());
  }

  private static void refuse(String problem, List<String> holders) {
    if (!holders.isEmpty()) {
      throw held(problem, holders);
    }
  }

  static VmStoreException held(String problem, List<String> holders) {
    String holder = String.join(", ", holders);
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
        .reason("it is held by " + holder)
        .correction("end that first")
        .detail("holder", holder)
        .build();
  }
}
