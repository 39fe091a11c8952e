package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Behaves as {@code zfs} of OpenZFS 2.1 does, as far as {@link ZfsPrograms} uses it: pools with a
 * capacity, datasets with properties, texts of errors word for word, devices and udev's links. What
 * it does not know fails the test.
 */
final class FakeZfs implements CommandRunner {
  /** A dataset; tests may change it behind the manager's back. */
  static final class FakeDataset {
    final String type;
    final boolean thin;
    final Map<String, String> local = new HashMap<>();
    final Map<String, String> inherited = new HashMap<>();
    long size;
    boolean snapshots;
    int busy;

    FakeDataset(String type, long size, boolean thin) {
      this.type = type;
      this.size = size;
      this.thin = thin;
    }
  }

  private final Map<String, Long> pools = new TreeMap<>();
  private final Map<String, FakeDataset> datasets = new TreeMap<>();
  private final List<Command> ran = new ArrayList<>();
  private final Path devices;
  private final Map<String, Path> nodes = new HashMap<>();
  private Consumer<Runnable> udev = Runnable::run;
  private Runnable beforeCreate = () -> {};
  private Runnable beforeSet = () -> {};
  private Runnable beforeDestroy = () -> {};
  private String refused = "";

  FakeZfs(Path devices) {
    this.devices = devices;
  }

  synchronized FakeZfs pool(String name, long capacity) {
    pools.put(name, capacity);
    return this;
  }

  /** Who makes and removes links, and when, for each event of a device; at once by default. */
  synchronized void udev(Consumer<Runnable> newUdev) {
    udev = newUdev;
  }

  synchronized void beforeCreate(Runnable action) {
    beforeCreate = action;
  }

  synchronized void beforeSet(Runnable action) {
    beforeSet = action;
  }

  synchronized void beforeDestroy(Runnable action) {
    beforeDestroy = action;
  }

  /** The pool is not imported any more. */
  synchronized void vanish(String pool) {
    pools.remove(pool);
    datasets.keySet().removeIf(name -> poolOf(name).equals(pool));
  }

  /** Refuses to set the property from now on. */
  synchronized void refusing(String property) {
    refused = property;
  }

  synchronized FakeDataset volume(String name, long size) {
    FakeDataset volume = new FakeDataset("volume", size, true);
    datasets.put(name, volume);
    makeNode(name);
    link(name);
    return volume;
  }

  synchronized FakeDataset fileSystem(String name) {
    FakeDataset fileSystem = new FakeDataset("filesystem", 0, true);
    datasets.put(name, fileSystem);
    return fileSystem;
  }

  synchronized FakeDataset dataset(String name) {
    return known(datasets, name);
  }

  private static <T> T known(Map<String, T> things, String name) {
    return Objects.requireNonNull(things.get(name), name);
  }

  synchronized boolean exists(String name) {
    return datasets.containsKey(name);
  }

  synchronized List<String> ran() {
    return ran.stream().map(Command::toString).toList();
  }

  @Override
  public synchronized CommandResult run(Command command, Deadline deadline) {
    if (Thread.currentThread().isInterrupted()) {
      throw VmStoreException.builder(ErrorCode.CANCELLED, "'" + command + "' not started").build();
    }
    if (deadline.passed()) {
      throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, "'" + command + "' not started")
          .build();
    }
    ran.add(command);
    List<String> arguments = command.arguments();
    return switch (String.join(" ", arguments.subList(0, 2))) {
      case "zfs get" -> get(command);
      case "zfs create" -> create(command);
      case "zfs set" -> set(command);
      case "zfs destroy" -> destroy(command);
      case "udevadm trigger" -> trigger(command);
      default -> throw new AssertionError("not known: " + command);
    };
  }

  private CommandResult get(Command command) {
    List<String> rest = new ArrayList<>(command.arguments().subList(2, command.arguments().size()));
    expect(rest, "-H", "-p", "-o", "name,property,value,source", "-t");
    List<String> types = List.of(rest.remove(0).split(","));
    boolean recursive = rest.get(0).equals("-d");
    if (recursive) {
      expect(rest, "-d", "1");
    }
    String[] properties = rest.remove(0).split(",");
    StringBuilder output = new StringBuilder();
    StringBuilder errors = new StringBuilder();
    for (String name : rest) {
      boolean isPool = pools.containsKey(name);
      if (!isPool && !datasets.containsKey(name)) {
        errors.append("cannot open '").append(name).append("': dataset does not exist\n");
      } else if (recursive) {
        datasets.forEach(
            (child, dataset) -> {
              if (child.startsWith(name + "/") && types.contains(dataset.type)) {
                print(output, child, properties);
              }
            });
      } else {
        print(output, name, properties);
      }
    }
    return result(command, output.toString(), errors.toString());
  }

  private void print(StringBuilder output, String name, String[] properties) {
    for (String property : properties) {
      String[] value = pools.containsKey(name) ? ofPool(name, property) : of(name, property);
      output.append(String.join("\t", name, property, value[0], value[1])).append('\n');
    }
  }

  private String[] ofPool(String name, String property) {
    return switch (property) {
      case "type" -> new String[] {"filesystem", "-"};
      case "available" -> new String[] {Long.toString(available(name)), "-"};
      case "used" -> new String[] {Long.toString(known(pools, name) - available(name)), "-"};
      default -> new String[] {"-", "-"};
    };
  }

  private String[] of(String name, String property) {
    FakeDataset dataset = dataset(name);
    if (property.equals("type")) {
      return new String[] {dataset.type, "-"};
    }
    if (property.equals("volsize") && dataset.type.equals("volume")) {
      return new String[] {Long.toString(dataset.size), "local"};
    }
    if (property.equals("refreservation")) {
      return new String[] {Long.toString(dataset.thin ? 0 : dataset.size), "local"};
    }
    if (property.equals("volblocksize") && dataset.type.equals("volume")) {
      return new String[] {dataset.local.getOrDefault(property, "8192"), "-"};
    }
    if (dataset.local.containsKey(property)) {
      return new String[] {known(dataset.local, property), "local"};
    }
    if (dataset.inherited.containsKey(property)) {
      return new String[] {known(dataset.inherited, property), "inherited from " + poolOf(name)};
    }
    return new String[] {"-", "-"};
  }

  private CommandResult create(Command command) {
    beforeCreate.run();
    List<String> rest = new ArrayList<>(command.arguments().subList(2, command.arguments().size()));
    boolean thin = rest.remove("-s");
    expect(rest, "-V");
    FakeDataset created = new FakeDataset("volume", Long.parseLong(rest.remove(0)), thin);
    while (rest.size() > 1) {
      expect(rest, "-o");
      String[] option = rest.remove(0).split("=", 2);
      if (option[0].equals("volmode")) {
        throw new AssertionError("ZFS would make the device twice: " + command);
      }
      created.local.put(option[0], option[1]);
    }
    String name = rest.get(0);
    if (datasets.containsKey(name)) {
      return failed(command, "cannot create '" + name + "': dataset already exists\n");
    }
    if (created.size % Long.parseLong(known(created.local, "volblocksize")) != 0) {
      throw new AssertionError("not a multiple of the block size: " + command);
    }
    if (!thin && created.size > available(poolOf(name))) {
      return failed(command, "cannot create '" + name + "': out of space\n");
    }
    datasets.put(name, created);
    makeNode(name);
    udev.accept(() -> link(name));
    return result(command, "", "");
  }

  private CommandResult set(Command command) {
    beforeSet.run();
    List<String> arguments = command.arguments();
    StringBuilder errors = new StringBuilder();
    for (String name : arguments) {
      if (name.contains("/")) {
        arguments.stream()
            .filter(argument -> argument.contains("="))
            .forEach(assignment -> errors.append(set(name, assignment.split("=", 2))));
      }
    }
    return result(command, "", errors.toString());
  }

  private String set(String name, String[] assignment) {
    if (!datasets.containsKey(name)) {
      return "cannot open '" + name + "': dataset does not exist\n";
    }
    if (assignment[0].equals(refused)) {
      return "cannot set property for '" + name + "': permission denied\n";
    }
    if (assignment[0].equals("volsize")) {
      return resize(name, Long.parseLong(assignment[1]));
    }
    dataset(name).local.put(assignment[0], assignment[1]);
    if (assignment[0].equals("volmode") && !isOpen(known(nodes, name))) {
      udev.accept(() -> unlink(name));
      udev.accept(() -> link(name));
    }
    return "";
  }

  /** {@return what the file system of the pool's records says is free} */
  synchronized OptionalLong free(PoolName pool) {
    return pools.containsKey(pool.value())
        ? OptionalLong.of(available(pool.value()) + (64 << 20))
        : OptionalLong.empty();
  }

  /** As zfs(8) does, it makes a volume smaller without a word. */
  private String resize(String name, long size) {
    FakeDataset dataset = dataset(name);
    if (size % Long.parseLong(of(name, "volblocksize")[0]) != 0) {
      throw new AssertionError("not a multiple of the block size: " + size);
    }
    if (!dataset.thin && size - dataset.size > available(poolOf(name))) {
      return "cannot set property for '" + name + "': size is greater than available space\n";
    }
    dataset.size = size;
    makeSize(known(nodes, name), size);
    return "";
  }

  /** Whether this process has it open; ZFS looks at all processes. */
  private static boolean isOpen(Path node) {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        if (leadsTo(descriptor, node)) {
          return true;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return false;
  }

  private static boolean leadsTo(Path descriptor, Path node) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).equals(node);
    } catch (NoSuchFileException e) {
      return false; // another thread closed it
    }
  }

  private CommandResult destroy(Command command) {
    beforeDestroy.run();
    String name = command.arguments().get(2);
    String problem = "cannot destroy '" + name + "': ";
    FakeDataset dataset = datasets.get(name);
    if (dataset != null && isOpen(known(nodes, name))) {
      return failed(command, problem + "dataset is busy\n");
    }
    if (dataset == null) {
      return failed(command, "cannot open '" + name + "': dataset does not exist\n");
    }
    if (dataset.snapshots) {
      return failed(
          command,
          problem
              + "volume has children\nuse '-r' to destroy the following datasets:\n"
              + name
              + "@s1\n");
    }
    if (dataset.busy > 0) {
      dataset.busy--;
      return failed(command, problem + "dataset is busy\n");
    }
    datasets.remove(name);
    removeNode(name);
    udev.accept(() -> unlink(name));
    return result(command, "", "");
  }

  private long available(String pool) {
    return known(pools, pool)
        - datasets.entrySet().stream()
            .filter(entry -> poolOf(entry.getKey()).equals(pool) && !entry.getValue().thin)
            .mapToLong(entry -> entry.getValue().size)
            .sum();
  }

  private CommandResult trigger(Command command) {
    List<String> rest = new ArrayList<>(command.arguments().subList(2, command.arguments().size()));
    expect(rest, "--action=change");
    nodes.forEach(
        (name, node) -> {
          if (rest.remove(node.toString())) {
            udev.accept(() -> link(name));
          }
        });
    if (!rest.isEmpty()) {
      throw new AssertionError("no devices: " + rest);
    }
    return result(command, "", "");
  }

  private void makeNode(String name) {
    Path node = devices.resolveSibling("zd" + 16 * nodes.size());
    nodes.put(name, node);
    makeSize(node, dataset(name).size);
  }

  private static void makeSize(Path node, long size) {
    try (RandomAccessFile device = new RandomAccessFile(node.toFile(), "rw")) {
      device.setLength(size); // sparse
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void removeNode(String name) {
    try {
      Files.delete(known(nodes, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void link(String name) {
    try {
      Path link = devices.resolve(name);
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, known(nodes, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void unlink(String name) {
    try {
      Files.deleteIfExists(devices.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String poolOf(String name) {
    return name.substring(0, name.indexOf('/'));
  }

  private static void expect(List<String> rest, String... words) {
    for (String word : words) {
      if (!rest.remove(0).equals(word)) {
        throw new AssertionError("expected '" + word + "' before " + rest);
      }
    }
  }

  private static CommandResult failed(Command command, String errors) {
    return new CommandResult(command, 1, "", errors, Duration.ZERO);
  }

  private static CommandResult result(Command command, String output, String errors) {
    return new CommandResult(command, errors.isEmpty() ? 0 : 1, output, errors, Duration.ZERO);
  }
}
