package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  @Test
  void aNodeWhoseDiskHasJustGoneShouldNotBeTakenForSomebodysFile(@TempDir Path directory)
      throws IOException {
    Machine machine = new SimulatedHost(directory).machine();
    Path node = Files.createFile(Files.createDirectories(directory.resolve("dev")).resolve("sdz"));
    Path gone = directory.resolve("sys/class/block/sdz");
    assertThat(machine.usableSize(gone, node, Attempt.of("cannot test", soon()))).isEmpty();
  }
}
