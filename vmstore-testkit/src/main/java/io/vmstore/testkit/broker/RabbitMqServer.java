package io.vmstore.testkit.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A RabbitMQ of one's own: the installed program with its own data, ports, node name, cookie and
 * port mapper, all on loopback and apart from any other RabbitMQ of the machine. It is up in about
 * five seconds, and ends with this JVM if not before.
 *
 * <p>It needs the package {@code rabbitmq-server}; without it {@link #start} fails, and never
 * skips. The folder of its scripts is Debian's, or the value of the system property {@value
 * #SCRIPTS_PROPERTY}.
 *
 * <p>Obtained from {@link #start}. Thread safety: thread-safe.
 */
public final class RabbitMqServer implements AutoCloseable {
  /**
   * The files of a server that speaks TLS, in PEM. It reads them for every connection, at the
   * latest after {@link #readCertificatesAgain}.
   *
   * @param authority whose certificates clients may log in with; the common name is the user
   * @param certificate the server's own
   * @param key its private key
   */
  public record TlsFiles(Path authority, Path certificate, Path key) {}

  /** The user that is there from the beginning; its password is the same word. */
  public static final String GUEST = "guest";

  /** Names the system property that says where {@code rabbitmq-server} and its helpers are. */
  public static final String SCRIPTS_PROPERTY = "vmstore.rabbitmq.scripts";

  /** The wrapper on PATH changes the user and drops the environment, so it cannot be used. */
  private static final String DEBIAN_SCRIPTS = "/usr/lib/rabbitmq/bin";

  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
  private static final Duration CONTROL_LIMIT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final byte[] AMQP_HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};
  private static final String LOOPBACK_DISTRIBUTION = "-kernel inet_dist_use_interface {127,0,0,1}";

  private final Path scripts;
  private final Path directory;
  private final @Nullable TlsFiles tls;
  private final int port = freePort();
  private final int tlsPort = freePort();
  private final int distributionPort = freePort();
  private final int mapperPort = freePort();
  private final Thread atExit = new Thread(this::killAll, "rabbitmq-at-exit");
  private @Nullable Process mapper;
  private @Nullable Process server;

  private RabbitMqServer(Path scripts, Path directory, @Nullable TlsFiles tls) {
    this.scripts = scripts;
    this.directory = directory;
    this.tls = tls;
  }

  /**
   * {@return a server that serves, with the user {@link #GUEST}}
   *
   * @throws IllegalStateException when RabbitMQ is not installed, or does not come up; its log is
   *     in the message
   */
  public static RabbitMqServer start() {
    return launch((TlsFiles) null);
  }

  /**
   * {@return a server as that of {@link #start()}, which speaks TLS at a second port and takes
   * certificates in place of passwords}
   */
  public static RabbitMqServer startWithTls(TlsFiles files) {
    return launch(files);
  }

  private static RabbitMqServer launch(@Nullable TlsFiles tls) {
    Path scripts = Path.of(System.getProperty(SCRIPTS_PROPERTY, DEBIAN_SCRIPTS));
    if (!Files.isExecutable(scripts.resolve("rabbitmq-server"))) {
      throw new IllegalStateException(
          "no rabbitmq-server in '"
              + scripts
              + "'; install it (apt-get install --no-install-recommends rabbitmq-server) or set -D"
              + SCRIPTS_PROPERTY);
    }
    try {
      Path directory = Files.createTempDirectory("vmstore-rabbitmq");
      RabbitMqServer rabbit = new RabbitMqServer(scripts, directory, tls);
      rabbit.configure();
      Runtime.getRuntime().addShutdownHook(rabbit.atExit);
      rabbit.startPortMapper();
      rabbit.startServer();
      return rabbit;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return where it listens, on loopback} */
  public int port() {
    return port;
  }

  /** {@return where it listens with TLS, on loopback, when it was started so} */
  public int tlsPort() {
    return tlsPort;
  }

  /** Has connections from now on use the certificates as the files are now. */
  public void readCertificatesAgain() {
    control("eval", "ssl:clear_pem_cache().");
  }

  /** Makes a user who may do everything in the virtual host {@code /}. */
  public void addUser(String name, String password) {
    control("add_user", name, password);
    control("set_permissions", name, ".*", ".*", ".*");
  }

  /** Ends the server in order, and starts it again on the same data and port. */
  public synchronized void restart() {
    stop();
    startAgain();
  }

  /** Ends the server in order; {@link #startAgain} brings it back. */
  public synchronized void stop() {
    Process running = server;
    if (running != null) {
      end(running);
    }
    server = null;
  }

  /** Ends the server as a power cut would; {@link #startAgain} brings it back. */
  public synchronized void kill() {
    Process running = server;
    if (running != null) {
      kill(family(running));
    }
    server = null;
  }

  /** Starts the server on its data and port after {@link #stop} or {@link #kill}. */
  public synchronized void startAgain() {
    try {
      startServer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs {@code rabbitmqctl} on this server.
   *
   * @return what it printed
   * @throws IllegalStateException when it fails; what it printed is in the message
   */
  public String control(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(scripts.resolve("rabbitmqctl").toString());
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile(directory, "rabbitmqctl", ".log");
      Process control = launch(command, output);
      boolean ended = control.waitFor(CONTROL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      String printed = Files.readString(output);
      if (!ended || control.exitValue() != 0) {
        kill(family(control));
        throw new IllegalStateException("rabbitmqctl " + arguments[0] + " failed: " + printed);
      }
      return printed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while rabbitmqctl ran", e);
    }
  }

  /** Ends the server and deletes its data. */
  @Override
  public synchronized void close() {
    stop();
    Process running = mapper;
    if (running != null) {
      end(running);
    }
    mapper = null;
    Runtime.getRuntime().removeShutdownHook(atExit);
    Directories.delete(directory);
  }

  private void configure() throws IOException {
    byte[] cookie = new byte[20];
    new SecureRandom().nextBytes(cookie);
    Path cookieFile = directory.resolve(".erlang.cookie");
    Files.writeString(cookieFile, HexFormat.of().formatHex(cookie));
    // Erlang refuses a cookie that others may read.
    Files.setPosixFilePermissions(cookieFile, PosixFilePermissions.fromString("r--------"));
    Files.writeString(
        directory.resolve("enabled_plugins"),
        tls == null ? "[]." : "[rabbitmq_auth_mechanism_ssl].");
    Files.writeString(
        directory.resolve("rabbitmq.conf"),
        """
        listeners.tcp.1 = 127.0.0.1:%d
        num_acceptors.tcp = 2
        log.console = true
        log.file = false
        vm_memory_high_watermark.absolute = 512MB
        disk_free_limit.absolute = 50MB
        """
                .formatted(port)
            + (tls == null ? "" : encryption(tls)));
  }

  private String encryption(TlsFiles files) {
    return """
    listeners.ssl.1 = 127.0.0.1:%d
    ssl_options.cacertfile = %s
    ssl_options.certfile = %s
    ssl_options.keyfile = %s
    ssl_options.verify = verify_peer
    ssl_options.fail_if_no_peer_cert = false
    auth_mechanisms.1 = PLAIN
    auth_mechanisms.2 = EXTERNAL
    ssl_cert_login_from = common_name
    """
        .formatted(tlsPort, files.authority(), files.certificate(), files.key());
  }

  /** Erlang's own would be started as a daemon that outlives the server. */
  private void startPortMapper() throws IOException {
    List<String> command =
        List.of("epmd", "-port", String.valueOf(mapperPort), "-address", "127.0.0.1");
    mapper = launch(command, directory.resolve("epmd.log"));
  }

  private void startServer() throws IOException {
    String script = scripts.resolve("rabbitmq-server").toString();
    Process started = launch(List.of(script), log());
    server = started;
    long limit = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() - limit > 0) {
        kill(family(started));
        throw new IllegalStateException(
            "rabbitmq-server did not start: " + Files.readString(log()));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private Path log() {
    return directory.resolve("server.log");
  }

  /** The port is open before the broker serves: only the answer to a header proves it. */
  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(5));
      socket.getOutputStream().write(AMQP_HEADER);
      InputStream in = socket.getInputStream();
      return in.read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Process launch(List<String> command, Path output) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.directory(directory.toFile());
    String distribution = String.valueOf(distributionPort);
    builder
        .environment()
        .putAll(
            Map.ofEntries(
                Map.entry("HOME", directory.toString()),
                Map.entry("RABBITMQ_CONF_ENV_FILE", "/dev/null"),
                Map.entry("RABBITMQ_NODENAME", "vmstore" + port + "@localhost"),
                Map.entry("RABBITMQ_DIST_PORT", distribution),
                Map.entry("RABBITMQ_MNESIA_BASE", directory.resolve("mnesia").toString()),
                Map.entry("RABBITMQ_LOG_BASE", directory.resolve("log").toString()),
                Map.entry("RABBITMQ_PID_FILE", directory.resolve("pid").toString()),
                Map.entry("RABBITMQ_CONFIG_FILE", directory.resolve("rabbitmq.conf").toString()),
                Map.entry(
                    "RABBITMQ_ENABLED_PLUGINS_FILE",
                    directory.resolve("enabled_plugins").toString()),
                Map.entry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", LOOPBACK_DISTRIBUTION),
                Map.entry("RABBITMQ_CTL_ERL_ARGS", LOOPBACK_DISTRIBUTION),
                Map.entry("ERL_EPMD_PORT", String.valueOf(mapperPort)),
                Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1")));
    return builder.start();
  }

  private static void end(Process process) {
    // Listed now: when the script has ended, its children are nobody's descendants any more.
    List<ProcessHandle> family = family(process);
    process.destroy();
    try {
      process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kill(family);
  }

  private static List<ProcessHandle> family(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
  }

  private static void kill(List<ProcessHandle> processes) {
    processes.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle process : processes) {
      process.onExit().orTimeout(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS).join();
    }
  }

  private void killAll() {
    Stream.of(server, mapper)
        .forEach(
            process -> {
              if (process != null) {
                kill(family(process));
              }
            });
    Directories.delete(directory);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
