package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever stands in the files of the kernel and of open-iscsi, it is read or refused. */
class IscsiFuzzTest {
  private static final Set<String> ATTRIBUTES =
      Set.of(
          "targetname",
          "state",
          "persistent_address",
          "persistent_port",
          "vpd_pg80",
          "size",
          "dev");

  @TempDir private Path directory;

  @Test
  void aStrangeSessionShouldNotHideTheOthers() throws IOException {
    SimulatedHost host = new SimulatedHost(directory);
    VolumeId good = VolumeId.random();
    host.connector().connect(host.export("good", good).target, good, null, soon());
    List<Path> before = attributes();
    VolumeId id = VolumeId.random();
    host.connector().connect(host.export("strange", id).target, id, null, soon());
    List<Path> strange = attributes().stream().filter(path -> !before.contains(path)).toList();
    assertThat(strange).isNotEmpty();
    Fuzz.of(IscsiFuzzTest.class, "sysfs")
        .check(
            input -> {
              Path attribute = strange.get(Math.floorMod(Arrays.hashCode(input), strange.size()));
              byte[] honest = replaced(attribute, input);
              assertThat(host.connector().list(soon()))
                  .anyMatch(device -> device.serial().equals(good.toString()));
              replaced(attribute, honest);
            });
  }

  private List<Path> attributes() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("sys"))) {
      return files.filter(file -> ATTRIBUTES.contains(file.getFileName().toString())).toList();
    }
  }

  @Test
  void everyFileOfTheInitiatorsNameShouldBeReadOrRefused() {
    Path file = directory.resolve("initiatorname.iscsi");
    Fuzz.of(IscsiFuzzTest.class, "initiator-name")
        .check(
            input -> {
              write(file, input);
              Fuzz.parsed(Set.of(ErrorCode.FAILED_PRECONDITION), () -> InitiatorName.read(file));
            });
  }

  @Test
  void everyEndOfIscsiadmShouldBeAFailureThatCanBePrinted() {
    Attempt attempt = Attempt.of("cannot connect", soon());
    Fuzz.of(IscsiFuzzTest.class, "initiator-name")
        .check(
            input -> {
              CommandResult result =
                  new CommandResult(
                      Command.of("iscsiadm"),
                      1 + input.length % 255,
                      "",
                      new String(input, UTF_8),
                      Duration.ZERO);
              Fuzz.parsed(
                  EnumSet.allOf(ErrorCode.class),
                  () -> {
                    throw Iscsiadm.failure(result, attempt);
                  });
            });
  }

  private static byte[] replaced(Path file, byte[] content) {
    try {
      byte[] before = Files.readAllBytes(file);
      write(file, content);
      return before;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
