package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector.Device;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at a volume that may be connected, and at its size. */
final class VolumeLook {
  private static final Duration BETWEEN_RESCANS = Duration.ofMillis(500);

  private final VolumeDevices devices;
  private final VolumeMachine machine;
  private final Sysfs sysfs;
  private final IscsiConnection connection;
  private final String wwn;

  VolumeLook(VolumeDevices devices, IscsiConnection connection, String wwn) {
    this.devices = devices;
    this.machine = devices.machine();
    this.sysfs = machine.sysfs();
    this.connection = connection;
    this.wwn = wwn;
  }

  Optional<Device> find(Attempt attempt) {
    attempt.requireTime();
    return refreshed(attempt).stream()
        .filter(machine::works)
        .filter(this::isTheDisk)
        .flatMap(way -> devices.present(way, wwn).stream())
        .findFirst();
  }

  private List<Way> refreshed(Attempt attempt) {
    List<Way> ways = machine.ways(connection.paths());
    Together.forEach(ways, way -> machine.refresh(way, attempt));
    return ways;
  }

  private boolean isTheDisk(Way way) {
    return sysfs.wwn(way.disk()).filter(wwn::equals).isPresent();
  }

  Device extend(Attempt attempt) {
    attempt.requireTime();
    Sizes sizes = new Sizes(attempt);
    ByteSize size = attempt.await(sizes::agreed).orElseThrow(sizes::failure);
    Way way = sizes.ways.get(0);
    machine
        .multipath()
        .over(way.disk())
        .ifPresent(joined -> machine.multipath().resize(joined, size, attempt));
    return attempt
        .await(() -> devices.present(way, wwn).filter(device -> device.size().equals(size)))
        .orElseThrow(sizes::failure);
  }

  /** Has the sizes read anew until all paths show the same. */
  private final class Sizes {
    private final Attempt attempt;
    private Deadline next;
    private List<Way> ways = List.of();

    Sizes(Attempt attempt) {
      this.attempt = attempt;
      this.next = attempt.deadline().atMost(Duration.ZERO);
    }

    Optional<ByteSize> agreed() {
      if (!next.passed()) {
        return Optional.empty();
      }
      ways = refreshed(attempt);
      next = attempt.deadline().atMost(BETWEEN_RESCANS);
      requireTheDisk();
      List<Optional<ByteSize>> sizes = ways.stream().map(way -> sysfs.size(way.disk())).toList();
      boolean same = sizes.stream().distinct().count() == 1;
      return same && ways.stream().anyMatch(machine::works) ? sizes.get(0) : Optional.empty();
    }

    private void requireTheDisk() {
      Map<String, String> others = new LinkedHashMap<>();
      ways.stream()
          .filter(way -> !isTheDisk(way))
          .forEach(way -> others.put(way.disk().name(), sysfs.wwn(way.disk()).orElse("none")));
      if (!others.isEmpty()) {
        throw attempt
            .failure(ErrorCode.FAILED_PRECONDITION)
            .reason("at its paths is another disk than '" + wwn + "': " + others)
            .correction("see on the storage which disk is at this LUN now")
            .build();
      }
      if (ways.stream().allMatch(way -> devices.present(way, wwn).isEmpty())) {
        throw attempt
            .failure(ErrorCode.NOT_FOUND)
            .reason("it is not connected here")
            .correction("connect it first")
            .build();
      }
    }

    VmStoreException failure() {
      Map<String, String> sizes = new LinkedHashMap<>();
      ways.forEach(
          way ->
              sizes.put(
                  way.disk().name() + " " + sysfs.state(way.session()),
                  sysfs.size(way.disk()).map(ByteSize::toString).orElse("none")));
      return attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("its paths and its device do not agree on a size: " + sizes)
          .correction("check the network to all portals, then repeat the call")
          .build();
    }
  }
}
