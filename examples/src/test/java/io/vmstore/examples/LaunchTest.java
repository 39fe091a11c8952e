package io.vmstore.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the programs of the distribution start. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LaunchTest {
  private static final Path LAUNCH = Path.of("src/main/dist/bin/launch.sh");

  /** Has the Java runtime find its file of performance data locked, of which it warns. */
  private static final String WARNED =
      """
      data=/tmp/hsperfdata_$(id -un)
      mkdir -p "$data"
      exec 9> "$data/$$"
      flock 9
      . "$(dirname "$0")/launch.sh"
      launch "" -version
      """;

  @TempDir Path home;

  @Test
  void whatTheRuntimeSaysShouldNotBeAmongTheResults() throws Exception {
    Path bin = Files.createDirectory(home.resolve("bin"));
    Files.copy(LAUNCH, bin.resolve("launch.sh"));
    Path program = Files.writeString(bin.resolve("warned"), WARNED);
    Path results = home.resolve("results");
    Path errors = home.resolve("errors");
    ProcessBuilder builder = new ProcessBuilder("sh", program.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process =
        builder.redirectOutput(results.toFile()).redirectError(errors.toFile()).start();
    assertThat(process.waitFor()).as(text(errors)).isZero();
    assertThat(text(results)).isEmpty();
    assertThat(text(errors)).contains("hsperfdata").contains("version");
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, UTF_8);
  }
}
