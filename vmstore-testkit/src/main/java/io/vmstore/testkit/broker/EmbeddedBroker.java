package io.vmstore.testkit.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.model.Broker;
import org.apache.qpid.server.model.Port;
import org.apache.qpid.server.model.SystemConfig;
import org.apache.qpid.server.model.port.AmqpPort;
import org.jspecify.annotations.Nullable;

/**
 * An AMQP 0-9-1 broker inside this JVM (Apache Qpid Broker-J), in memory, on a free loopback port.
 * It is up in a tenth of a second once its classes are loaded. Users may do everything; messages
 * whose {@code user_id} is not their sender's are refused, as RabbitMQ does.
 *
 * <p>It needs three artifacts that vmstore-testkit leaves optional: {@code qpid-broker-core},
 * {@code qpid-broker-plugins-amqp-0-8-protocol} and {@code qpid-broker-plugins-memory-store}, all
 * of {@code org.apache.qpid}.
 *
 * <p>Obtained from {@link #start}. Thread safety: thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {
  /** The user that {@link #start()} makes; its password is the same word. */
  public static final String GUEST = "guest";

  private final Launch launch = new Launch();
  private final SystemLauncher launcher = new SystemLauncher(launch);
  private final Path directory;

  private EmbeddedBroker(Path directory) {
    this.directory = directory;
  }

  /** {@return a broker that serves, with the user {@link #GUEST}} */
  public static EmbeddedBroker start() {
    return start(0, Map.of(GUEST, GUEST));
  }

  /**
   * {@return a broker that serves}
   *
   * @param port where it listens; 0 is any free port
   * @param passwords the users: passwords by name, neither with a quote or backslash
   */
  public static EmbeddedBroker start(int port, Map<String, String> passwords) {
    try {
      EmbeddedBroker broker = new EmbeddedBroker(Files.createTempDirectory("vmstore-broker"));
      broker.launch(port, passwords);
      return broker;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void launch(int port, Map<String, String> passwords) throws IOException {
    Path configuration = directory.resolve("broker.json");
    Files.writeString(configuration, configuration(port, passwords));
    Map<String, Object> attributes =
        Map.of(
            "type",
            "Memory",
            "startupLoggedToSystemOut",
            "false",
            "initialConfigurationLocation",
            configuration.toUri().toString(),
            "context",
            Map.of("qpid.work_dir", directory.toString(), "qpid.broker_msg_auth", "true"));
    try {
      launcher.startup(attributes);
    } catch (Exception e) {
      throw new IllegalStateException("the embedded broker did not start", e);
    }
  }

  private static String configuration(int port, Map<String, String> passwords) {
    List<String> users =
        passwords.entrySet().stream()
            .map(
                user ->
                    """
                    {"name": "%s", "type": "managed", "password": "%s"}"""
                        .formatted(user.getKey(), user.getValue()))
            .toList();
    return """
    {"name": "embedded", "modelVersion": "9.1",
     "authenticationproviders": [{"name": "plain", "type": "Plain", "secureOnlyMechanisms": [],
       "users": [%s]}],
     "ports": [{"name": "AMQP", "port": "%d", "bindingAddress": "127.0.0.1",
       "authenticationProvider": "plain", "protocols": ["AMQP_0_9_1"],
       "virtualhostaliases": [{"name": "nameAlias", "type": "nameAlias"},
         {"name": "defaultAlias", "type": "defaultAlias"}]}],
     "virtualhostnodes": [{"name": "default", "type": "Memory", "defaultVirtualHostNode": "true",
       "virtualHostInitialConfiguration": "{\\"type\\": \\"Memory\\"}"}]}
    """
        .formatted(String.join(", ", users), port);
  }

  /** {@return where it listens, on loopback} */
  public int port() {
    for (Port<?> port : launch.broker().getPorts()) {
      if (port instanceof AmqpPort<?> amqp) {
        return amqp.getBoundPort();
      }
    }
    throw new IllegalStateException("the embedded broker has no AMQP port");
  }

  /** Ends it at once: connections break, and every message is gone. */
  @Override
  public void close() {
    launcher.shutdown();
    Directories.delete(directory);
  }

  /** Catches the broker's root as it comes up, the only way to ask for the port it got. */
  private static final class Launch extends SystemLauncherListener.DefaultSystemLauncherListener {
    private volatile @Nullable SystemConfig<?> system;

    @Override
    public void onContainerResolve(SystemConfig<?> resolved) {
      system = resolved;
    }

    Broker<?> broker() {
      SystemConfig<?> running = system;
      if (running == null) {
        throw new IllegalStateException("the embedded broker does not run");
      }
      return (Broker<?>) running.getContainer();
    }
  }
}
