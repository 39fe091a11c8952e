package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceLinksTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"../etc", "a/b", ".vol.new", "/etc/shadow"})
  void nameShouldNotLeaveTheDirectory(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> new DeviceLinks(directory).of(name));
  }

  @Test
  void removeShouldLeaveWhatIsNoLink() throws IOException {
    Files.createFile(directory.resolve("vol1"));
    new DeviceLinks(directory).remove("vol1", Attempt.of("cannot test", Failures.soon()));
    assertThat(directory.resolve("vol1")).exists();
  }
}
