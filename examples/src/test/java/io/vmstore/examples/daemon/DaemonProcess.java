package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A daemon in a process of its own. Not thread-safe. */
final class DaemonProcess implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final Process process;
  private final Path log;

  private DaemonProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts it with these words and then the path of the settings as its arguments. */
  static DaemonProcess start(Class<?> daemon, Path settings, String... words) throws IOException {
    Path log = settings.resolveSibling(settings.getFileName() + ".log");
    // Surefire's own class path is a jar that names the true one.
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        new ArrayList<>(
            List.of(
                java,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dvmstore.log.level=INFO",
                "-D" + CrashPoints.PROPERTY + "=" + crashFile(settings),
                "-cp",
                classPath,
                daemon.getName()));
    command.addAll(List.of(words));
    command.add(settings.toString());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new DaemonProcess(process, log);
  }

  /** Where a daemon with these settings is told when to crash. */
  static Path crashFile(Path settings) {
    return settings.resolveSibling(settings.getFileName() + ".crash");
  }

  void awaitLog(String text) {
    Awaitility.await()
        .atMost(LONGEST)
        .untilAsserted(() -> assertThat(Files.readString(log)).contains(text));
  }

  /** Sends SIGTERM. {@return the exit code} */
  int terminate() throws InterruptedException {
    process.destroy();
    return exitCode();
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the daemon did not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
