package io.vmstore.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * The loop devices of this machine. What is there is read from sysfs
 * (Documentation/ABI/stable/sysfs-block and loop_attr_backing_file_show in drivers/block/loop.c);
 * losetup(8) is run for changes only. Thread safety: immutable.
 */
final class Loops {
  private static final Pattern DEVICE = Pattern.compile("/dev/loop[0-9]+");
  private static final Duration LONGEST_LOOK = Duration.ofMillis(500);
  private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int SECTOR_BYTES = 512; // the unit of sysfs whatever the device's own is

  private final CommandRunner runner;
  private final Path system;

  /**
   * @param system the root of {@code /dev} and {@code /sys}
   */
  Loops(CommandRunner runner, Path system) {
    this.runner = runner;
    this.system = system;
  }

  /** {@return whether this process may ask the kernel for a loop device, as far as can be seen} */
  boolean seemPossible() {
    return Files.isWritable(system.resolve("dev/loop-control"));
  }

  /** {@return the devices whose bytes are in the file} */
  List<Path> on(Path file) throws IOException {
    List<Path> devices = new ArrayList<>();
    for (String name : Layout.names(system.resolve("sys/block"), name -> name)) {
      Path device = Path.of("/dev", name);
      if (backingFile(device).filter(file::equals).isPresent()) {
        devices.add(device);
      }
    }
    return devices;
  }

  /** {@return the file behind a device, if it is a loop device and has one} */
  Optional<Path> backingFile(Path device) {
    return DEVICE.matcher(device.toString()).matches()
        ? attribute(device, "loop/backing_file").map(Path::of)
        : Optional.empty();
  }

  /** {@return the size of a device that has a file} */
  Optional<ByteSize> size(Path device) {
    return attribute(device, "size")
        .map(Long::parseLong)
        .filter(sectors -> sectors > 0)
        .map(sectors -> new ByteSize(Math.multiplyExact(sectors, SECTOR_BYTES)));
  }

  /** {@return a device on the file, which has none yet} */
  Path attach(Path file, Deadline deadline) {
    String problem = "cannot make a loop device on '" + file + "'";
    CommandResult result = run(problem, deadline, "losetup", "--find", "--show", file.toString());
    String device = result.output().strip();
    if (!DEVICE.matcher(device).matches()) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, problem)
          .reason("'" + result.command() + "' answered '" + device + "', not a device")
          .correction("see 'losetup --list', and remove the device with 'losetup --detach'")
          .outcomeUnknown(true)
          .build();
    }
    return Path.of(device);
  }

  /** Has a device read the size of its file anew (losetup(8), --set-capacity). */
  void readSize(Path device, Deadline deadline) {
    String problem = "cannot see the size of loop device '" + device + "'";
    run(problem, deadline, "losetup", "--set-capacity", device.toString());
  }

  /**
   * Takes the file from a device. One that is open keeps it, and loses it when it is closed
   * (loop_clr_fd in drivers/block/loop.c); somebody who only looks, as udev does, is waited for.
   *
   * @return whether the device has lost its file
   */
  boolean detach(Path device, Deadline deadline) {
    String problem = "cannot remove loop device '" + device + "'";
    run(problem, deadline, "losetup", "--detach", device.toString());
    Deadline patience = deadline.atMost(LONGEST_LOOK);
    while (backingFile(device).isPresent()) {
      if (patience.passed() || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(ASK_AGAIN_NANOS); // sysfs tells nobody when the attribute goes
    }
    return true;
  }

  private CommandResult run(String problem, Deadline deadline, String... command) {
    CommandResult result = runner.run(Command.of(command), deadline);
    if (!result.succeeded()) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
          .reason("'" + result.command() + "' said: " + result.errors().strip())
          .correction("run as root with loop devices, or configure LoopDevices.NEVER")
          .detail("exit-code", String.valueOf(result.exitCode()))
          .build();
    }
    return result;
  }

  private Optional<String> attribute(Path device, String name) {
    Path file = system.resolve("sys/block").resolve(device.getFileName()).resolve(name);
    try {
      return Optional.of(Files.readString(file, UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty(); // no such device, or one without a file, or both gone meanwhile
    }
  }
}
