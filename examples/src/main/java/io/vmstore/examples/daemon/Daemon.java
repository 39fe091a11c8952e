package io.vmstore.examples.daemon;

import io.vmstore.core.SystemScheduler;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.Brokers;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What both daemons do alike: read the file, start, wait for the broker, serve, end on SIGTERM. */
final class Daemon {
  /** What the node is. */
  interface Role {
    /** {@return what every node has} */
    NodeSettings node();

    /** Opens what the role acts upon, and begins to bring back what was there. */
    Started start(Resources resources, Scheduler scheduler);
  }

  /**
   * A node that needs no broker for what it does.
   *
   * @param recovered completes when everything of before is back
   * @param serve begins to answer requests; called again with another transport when it failed
   */
  record Started(CompletableFuture<Void> recovered, Consumer<Transport> serve) {}

  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
  private static final int USAGE = 2;
  private static final int FAILURE = 1;

  private final String name;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Resources resources = new Resources();

  private Daemon(String name) {
    this.name = name;
  }

  /**
   * Runs a daemon to its end and the process with it.
   *
   * @param arguments the path of the configuration file
   * @param reader reads the file
   */
  static void run(String name, String[] arguments, Function<Path, Role> reader) {
    if (arguments.length != 1) {
      fail("usage: " + name + " FILE\n  FILE  the configuration; etc/ holds examples", USAGE);
      return;
    }
    configured(name, () -> reader.apply(Path.of(arguments[0]))).ifPresent(new Daemon(name)::run);
  }

  /** {@return what the reader read; when that is wrong, the process ends, and says so} */
  static <T> Optional<T> configured(String name, Supplier<T> reader) {
    try {
      return Optional.of(reader.get());
    } catch (VmStoreException e) {
      fail(e, name, USAGE);
      return Optional.empty();
    }
  }

  /** Ends the process, with the failure on standard error. */
  static void fail(VmStoreException failure, String name, int exitCode) {
    fail(
        "%s: %s%n  cause       %s%n  correction  %s"
            .formatted(name, failure.problem(), failure.reason(), failure.correction()),
        exitCode);
  }

  @SuppressWarnings("SystemOut") // nothing is logged yet
  private static void fail(String text, int exitCode) {
    System.err.println(text);
    System.exit(exitCode);
  }

  private void run(Role role) {
    Thread hook = new Thread(this::end, name + "-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Scheduler scheduler = resources.add(SystemScheduler.create(name));
      Started started = role.start(resources, scheduler);
      started.recovered().thenRun(() -> LOG.info("{} recovered: all of before is back", name));
      NodeSettings node = role.node();
      BrokerWait wait =
          new BrokerWait(node.broker().addresses(), Deadline.after(node.brokerWait()), this::pause);
      wait.until(() -> serve(started, node, scheduler));
      LOG.info("{} ready: node '{}' at {}", name, node.name(), node.broker());
      stopping.await();
    } catch (VmStoreException | InterruptedException e) {
      if (stopping.getCount() > 0) {
        LOG.error("{} cannot start: {}", name, e.getMessage());
        LOG.debug("the failure", e);
        Runtime.getRuntime().removeShutdownHook(hook);
        resources.close();
        System.exit(FAILURE);
      }
    }
  }

  private void serve(Started started, NodeSettings node, Scheduler scheduler) {
    Transport transport =
        resources.add(Brokers.connect(node.broker(), NodeSettings.FOR_EVER, scheduler));
    try {
      started.serve().accept(transport);
    } catch (VmStoreException e) {
      resources.close(transport);
      throw e;
    }
  }

  private void pause(Duration time) {
    try {
      if (stopping.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        throw Resources.stopping();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Resources.stopping();
    }
  }

  private void end() {
    LOG.info("{} stopping", name);
    stopping.countDown();
    resources.close();
    LOG.info("{} stopped", name);
    // A stop that was asked for is no failure; the JVM would say 143.
    Runtime.getRuntime().halt(0);
  }
}
