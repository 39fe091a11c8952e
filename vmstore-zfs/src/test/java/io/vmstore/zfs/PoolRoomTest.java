package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolRoomTest {
  @TempDir Path folder;

  @Test
  void mountPointShouldBeThatOfTheVeryDataset() throws IOException {
    Path table = folder.resolve("mounts");
    Files.write(
        table,
        List.of(
            "tank/.vmstore2 /elsewhere zfs rw 0 0",
            "tank/.vmstore /bound ext4 rw 0 0",
            "tank/.vmstore /var/lib/vmstore/pools/tank zfs rw,nosuid 0 0",
            "big/.vmstore /a\\040b zfs rw 0 0"));
    assertThat(PoolRoom.mountPoint(table, "tank/.vmstore"))
        .containsExactly(Path.of("/var/lib/vmstore/pools/tank"));
    assertThat(PoolRoom.mountPoint(table, "big/.vmstore")).isEmpty();
    assertThat(PoolRoom.mountPoint(table, "none/.vmstore")).isEmpty();
    assertThat(PoolRoom.mountPoint(folder.resolve("absent"), "tank/.vmstore")).isEmpty();
  }
}
