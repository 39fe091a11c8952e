package io.vmstore.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartTest {
  @Test
  void bytesShouldFollowTheVolumeAndNothingShouldRemain() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Quickstart.run(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    List<String> transcript = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    String folder = transcript.get(1).replaceFirst(".* over ", "");
    assertThat(
            transcript.stream()
                .map(line -> line.replace(folder, "FOLDER"))
                .map(QuickstartTest::general))
        .containsExactly(
            "start   a broker at 127.0.0.1:PORT",
            "start   nas1, compute1 and compute2 over FOLDER",
            "map     tank/vm-17 (64M) to compute1: FOLDER/storage/nodes/compute1/devices/ID",
            "write   'Hello from compute1'",
            "unmap   tank/vm-17",
            "map     tank/vm-17 (64M) to compute2: FOLDER/storage/nodes/compute2/devices/ID",
            "read    'Hello from compute1'",
            "list    tank/vm-17 (64M) is MAPPED to compute2",
            "unmap   tank/vm-17",
            "delete  tank/vm-17",
            "list    no volume",
            "done    everything is gone, FOLDER too");
    assertThat(Path.of(folder)).doesNotExist();
  }

  private static String general(String line) {
    return line.replaceFirst("127.0.0.1:[0-9]+$", "127.0.0.1:PORT")
        .replaceFirst("[0-9a-f]{8}-[0-9a-f-]{27}$", "ID");
  }
}
