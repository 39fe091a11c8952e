package io.vmstore.examples.quickstart;

import io.vmstore.amqp.AmqpConfig;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.local.LocalConfig;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.local.LocalStorage;
import io.vmstore.model.PoolName;
import io.vmstore.testkit.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A broker, a NAS and two compute nodes in one process: a volume is mapped, written, mapped
 * elsewhere, read back and deleted. The volumes are files below a temporary folder, which is
 * removed at the end; everything between the parts is as in a real installation.
 */
public final class Quickstart {
  private static final PoolName POOL = new PoolName("tank");

  /** The broker's users with their passwords; the names say the roles, and whose user each is. */
  private static final Map<String, String> USERS =
      Map.of(
          "vmstore-nas-nas1", "nas1",
          "vmstore-compute-compute1", "compute1",
          "vmstore-compute-compute2", "compute2",
          "vmstore-frontend", "frontend");

  private Quickstart() {}

  /** Runs it; takes no arguments. */
  public static void main(String[] arguments) throws IOException {
    run(System.out);
  }

  /** Runs it and says on the given stream what happens. */
  static void run(PrintStream out) throws IOException {
    Path folder = Files.createTempDirectory("vmstore-quickstart");
    try {
      run(folder, out);
    } finally {
      delete(folder);
    }
    out.println("done    everything is gone, " + folder + " too");
  }

  private static void run(Path folder, PrintStream out) throws IOException {
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS);
        SystemScheduler scheduler = SystemScheduler.create("quickstart");
        LocalStorage storage = LocalStorage.open(storage(folder));
        Machine nas = Machine.of("nas1", login(broker, "vmstore-nas-nas1"), folder);
        Machine compute1 =
            Machine.of("compute1", login(broker, "vmstore-compute-compute1"), folder);
        Machine compute2 =
            Machine.of("compute2", login(broker, "vmstore-compute-compute2"), folder);
        Machine frontend = Machine.of("frontend", login(broker, "vmstore-frontend"), folder)) {
      out.println("start   a broker at 127.0.0.1:" + broker.port());
      nas.startNas(POOL, storage, scheduler);
      compute1.startCompute(storage, scheduler);
      compute2.startCompute(storage, scheduler);
      out.println("start   nas1, compute1 and compute2 over " + folder);
      new Tour(VmStore.over(frontend.transport()).nas(nas.name()), out).run();
    }
  }

  private static LocalConfig storage(Path folder) {
    return LocalConfig.in(folder.resolve("storage"), POOL).withLoopDevices(LoopDevices.NEVER);
  }

  private static AmqpConfig login(EmbeddedBroker broker, String user) {
    String password = Objects.requireNonNull(USERS.get(user), user);
    return AmqpConfig.builder("127.0.0.1:" + broker.port(), user, password).build();
  }

  private static void delete(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> paths = Files.walk(folder)) {
      deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
