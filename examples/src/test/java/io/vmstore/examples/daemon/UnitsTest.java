package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The units of the distribution against what else is in it. That they work is shown by the lab. */
class UnitsTest {
  private static final Path DISTRIBUTION = Path.of("src/main/dist");
  private static final Pattern LINE = Pattern.compile("(?:#.*|\\[[A-Z][a-z]+]|[A-Za-z]+=.*|)");

  @ParameterizedTest
  @ValueSource(strings = {"nas", "compute"})
  void everyLineShouldBeOneOfAUnit(String role) throws IOException {
    assertThat(Files.readAllLines(unit(role))).allMatch(line -> LINE.matcher(line).matches());
  }

  @ParameterizedTest
  @ValueSource(strings = {"nas", "compute"})
  void programShouldBeInTheDistribution(String role) throws IOException {
    String program = values(role, "ExecStart").get(0).replaceFirst("^/opt/vmstore/", "");
    assertThat(DISTRIBUTION.resolve(program)).isExecutable();
  }

  /** A daemon whose configuration names no folders must find those of its sandbox. */
  @ParameterizedTest
  @ValueSource(strings = {"nas", "compute"})
  void foldersOfTheDefaultsShouldBeWritable(String role) throws IOException {
    assertThat(values(role, "StateDirectory"))
        .map("/var/lib/"::concat)
        .contains(defaultOf(role, "state.directory"));
    if (role.equals("compute")) {
      assertThat(values(role, "RuntimeDirectory"))
          .map("/run/"::concat)
          .contains(defaultOf(role, "iscsi.link.directory"));
    }
  }

  /** Others kill an iscsiadm together with the daemon: see RecordsLock of vmstore-iscsi. */
  @ParameterizedTest
  @ValueSource(strings = {"nas", "compute"})
  void programsUnderWayShouldOutliveTheDaemon(String role) throws IOException {
    assertThat(values(role, "KillMode")).containsExactly("process");
  }

  /** A JVM does not start with it. */
  @ParameterizedTest
  @ValueSource(strings = {"nas", "compute"})
  void memoryShouldBeLeftToTheCompiler(String role) throws IOException {
    assertThat(values(role, "MemoryDenyWriteExecute")).isEmpty();
  }

  private static Path unit(String role) {
    return DISTRIBUTION.resolve("systemd").resolve("vmstore-" + role + ".service");
  }

  private static List<String> values(String role, String key) throws IOException {
    try (Stream<String> lines = Files.lines(unit(role))) {
      return lines
          .filter(line -> line.startsWith(key + "="))
          .flatMap(line -> Arrays.stream(line.substring(key.length() + 1).split(" ", -1)))
          .toList();
    }
  }

  private static String defaultOf(String role, String key) throws IOException {
    String example =
        Files.readString(DISTRIBUTION.resolve("etc").resolve(role + ".properties.example"));
    Matcher found = Pattern.compile("(?m)^#" + Pattern.quote(key) + " = (.+)$").matcher(example);
    assertThat(found.find()).isTrue();
    return found.group(1);
  }
}
