package io.vmstore.exec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tells who keeps a block device busy: the kernel says EBUSY and no more, and says nothing at all
 * of a process that has merely opened the device.
 *
 * <p>It looks at mounts, swap, stacked devices (device-mapper, md), LIO backstores and open files
 * of processes; of the device and of its partitions. It cannot know of a process that opens the
 * device afterwards, or is hidden from {@code /proc} as a whole.
 *
 * <p>Thread safety: immutable.
 */
public final class DeviceHolders {
  private static final Pattern PROCESS = Pattern.compile("[0-9]+");

  private final Path procRoot;
  private final Path sysRoot;

  /** Looks at this machine. */
  public DeviceHolders() {
    this(Path.of("/proc"), Path.of("/sys"));
  }

  /** Looks at trees that have the form of {@code /proc} and {@code /sys}. */
  public DeviceHolders(Path procRoot, Path sysRoot) {
    this.procRoot = procRoot;
    this.sysRoot = sysRoot;
  }

  /**
   * {@return who holds the device, such as {@code mounted at /mnt}, {@code held by dm-3}, {@code
   * LIO backstore iblock_0/disk1}, {@code qemu-system-x86 (pid 4711)}; empty when nobody is known}
   * For the text of an error: what cannot be seen is left out, and that takes root for the
   * processes of others.
   *
   * @param device the device's node, or a link to it
   */
  public List<String> of(DevicePath device) {
    List<String> holders = new ArrayList<>();
    look(device, holders);
    return List.copyOf(holders);
  }

  /**
   * {@return who holds the device, as {@link #of} tells, and one entry more when there are
   * processes whose open files cannot be seen} For a decision: only an empty list lets the device
   * go.
   *
   * @param device the device's node, or a link to it
   */
  public List<String> suspects(DevicePath device) {
    List<String> holders = new ArrayList<>();
    int unseen = look(device, holders);
    if (unseen > 0) {
      // proc(5), /proc/pid/fd: listing it is a matter of the first, following it of the second.
      holders.add(
          "unknown: the open files of "
              + unseen
              + " processes cannot be seen (CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE show them)");
    }
    return List.copyOf(holders);
  }

  /** Adds who is known. {@return of how many processes the open files cannot be seen} */
  private int look(DevicePath device, List<String> holders) {
    Path node = resolved(device);
    List<Path> nodes = withPartitions(node);
    for (Path each : nodes) {
      holders.addAll(mounts(each));
      holders.addAll(swap(each));
      holders.addAll(stacked(each));
    }
    holders.addAll(backstores(device, node));
    return processes(nodes, holders);
  }

  private static Path resolved(DevicePath device) {
    try {
      return device.toPath().toRealPath();
    } catch (IOException e) {
      return device.toPath(); // the node may be gone while it is still held
    }
  }

  private Path blockFolder(Path node) {
    return sysRoot.resolve("class/block").resolve(node.getFileName());
  }

  private List<Path> withPartitions(Path node) {
    List<Path> nodes = new ArrayList<>(List.of(node));
    String disk = String.valueOf(node.getFileName());
    for (Path child : children(blockFolder(node))) {
      String name = child.getFileName().toString();
      // A partition's name begins with its disk's (block/partitions/core.c, add_partition).
      if (name.startsWith(disk) && Files.exists(child.resolve("partition"))) {
        nodes.add(node.resolveSibling(name));
      }
    }
    return nodes;
  }

  /**
   * proc(5), mountinfo: the third field is the device's number, which is found under whatever name
   * it was mounted. Btrfs shows a number of its own there, so the source is compared as well.
   */
  private List<String> mounts(Path node) {
    List<String> holders = new ArrayList<>();
    String number = firstLine(blockFolder(node).resolve("dev")).orElse("none");
    for (String line : lines(procRoot.resolve("self/mountinfo"))) {
      if (!line.contains(number) && !line.contains(node.toString())) {
        continue;
      }
      List<String> fields = List.of(line.split(" ", -1));
      int separator = fields.indexOf("-");
      if (separator < 5 || fields.size() < separator + 3) {
        continue;
      }
      if (fields.get(2).equals(number) || fields.get(separator + 2).equals(node.toString())) {
        holders.add("mounted at " + fields.get(4));
      }
    }
    return holders;
  }

  private List<String> swap(Path node) {
    boolean used =
        lines(procRoot.resolve("swaps")).stream()
            .anyMatch(line -> line.split("\\s", 2)[0].equals(node.toString()));
    return used ? List.of("used as swap") : List.of();
  }

  private List<String> stacked(Path node) {
    return children(blockFolder(node).resolve("holders")).stream()
        .map(holder -> "held by " + holder.getFileName())
        .toList();
  }

  /** A backstore opens the device inside the kernel, where no process and no holder shows it. */
  private List<String> backstores(DevicePath device, Path node) {
    List<String> holders = new ArrayList<>();
    for (Path adapter : children(sysRoot.resolve("kernel/config/target/core"))) {
      for (Path backstore : children(adapter)) {
        String path = firstLine(backstore.resolve("udev_path")).orElse("");
        if (path.equals(device.value()) || path.equals(node.toString())) {
          holders.add("LIO backstore " + adapter.getFileName() + "/" + backstore.getFileName());
        }
      }
    }
    return holders;
  }

  private int processes(List<Path> nodes, List<String> holders) {
    int unseen = 0;
    try {
      for (String pid : names(procRoot)) {
        if (PROCESS.matcher(pid).matches() && !see(pid, nodes, holders)) {
          unseen++;
        }
      }
    } catch (AccessDeniedException e) {
      return 1; // at least
    }
    return unseen;
  }

  /** Adds a process that has one of the nodes open. {@return whether its open files can be seen} */
  private boolean see(String pid, List<Path> nodes, List<String> holders) {
    Path process = procRoot.resolve(pid);
    try {
      if (hasOpen(process, nodes)) {
        String name = firstLine(process.resolve("comm")).orElse("process");
        holders.add(name + " (pid " + pid + ")");
      }
      return true;
    } catch (AccessDeniedException e) {
      return false;
    }
  }

  private static boolean hasOpen(Path process, List<Path> nodes) throws AccessDeniedException {
    Path descriptors = process.resolve("fd");
    for (String descriptor : names(descriptors)) {
      if (nodes.contains(linkTarget(descriptors.resolve(descriptor)))) {
        return true;
      }
    }
    return false;
  }

  /**
   * The names in a folder of a process; none when the process has ended. Listed in one call of the
   * runtime: a machine has thousands of open files, and an unmap waits for this.
   *
   * @throws AccessDeniedException the folder is there and cannot be listed, whatever the reason
   */
  private static List<String> names(Path folder) throws AccessDeniedException {
    String[] names = folder.toFile().list();
    if (names == null && Files.exists(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
    return names == null ? List.of() : List.of(names);
  }

  private static Path linkTarget(Path link) throws AccessDeniedException {
    try {
      return Files.readSymbolicLink(link);
    } catch (AccessDeniedException e) {
      throw e;
    } catch (IOException e) {
      return link; // closed meanwhile; a link never equals a device node
    }
  }

  private static Optional<String> firstLine(Path file) {
    return lines(file).stream().findFirst().map(String::strip);
  }

  private static List<String> lines(Path file) {
    try {
      return new String(Files.readAllBytes(file), UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** None when the folder is gone, or this kernel has none. */
  private static List<Path> children(Path folder) {
    String[] names = folder.toFile().list();
    return names == null ? List.of() : Arrays.stream(names).sorted().map(folder::resolve).toList();
  }
}
