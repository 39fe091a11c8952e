package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.testing.ScriptedCommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDatasetsTest {
  private static final PoolName TANK = new PoolName("tank");
  private static final Deadline LATER = Deadline.after(Duration.ofMinutes(1));
  private static final String[] LOOK = {
    "zfs",
    "get",
    "-H",
    "-p",
    "-o",
    "name,property,value,source",
    "-t",
    "filesystem",
    "guid,io.vmstore:state-of",
    "tank",
    "tank/.vmstore"
  };
  private static final String POOL = "tank\tguid\t77\t-\ntank\tio.vmstore:state-of\t-\t-\n";
  private static final String ABSENT = "cannot open 'tank/.vmstore': dataset does not exist\n";

  @TempDir Path mounts;

  private final ScriptedCommandRunner runner = new ScriptedCommandRunner();
  private final Queue<String> mounted = new ArrayDeque<>();

  @AfterEach
  void everythingExpectedRan() {
    runner.assertAllRan();
  }

  @Test
  void aPoolWithoutOneShouldGetOneThatKeepsSpaceAndWhatIsForced() {
    runner.expect(1, POOL, ABSENT, LOOK);
    runner.expect(
        "",
        "zfs",
        "create",
        "-o",
        "mountpoint=legacy",
        "-o",
        "sync=standard",
        "-o",
        "refreservation=64M",
        "-o",
        "atime=off",
        "-o",
        "exec=off",
        "-o",
        "setuid=off",
        "-o",
        "devices=off",
        "-o",
        "io.vmstore:state-of=77",
        "tank/.vmstore");
    expectMount(0, "");
    mounted.addAll(List.of("/dev/sda1", "tank/.vmstore"));

    assertThat(datasets().mounted(TANK, LATER)).isEqualTo(mounts.resolve("tank")).isDirectory();
  }

  @Test
  void theSameAgainShouldMountNothing() {
    runner.expect(POOL + state("77", "local"), LOOK);
    mounted.add("tank/.vmstore");

    assertThat(datasets().mounted(TANK, LATER)).isEqualTo(mounts.resolve("tank"));
  }

  @Test
  void theRecordsInACopyOfAPoolShouldBeRefused() {
    runner.expect(POOL + state("66", "local"), LOOK);
    assertThat(failure())
        .hasMessageContaining("'66'")
        .hasMessageContaining("zfs set io.vmstore:state-of=77 tank/.vmstore")
        .extracting(VmStoreException::code)
        .isEqualTo(ErrorCode.FAILED_PRECONDITION);
  }

  @Test
  void aMarkThatCameWithAStreamShouldNotCount() {
    runner.expect(POOL + state("77", "received"), LOOK);
    assertThat(failure().code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
  }

  @Test
  void aPoolThatIsNotImportedShouldBeUnavailable() {
    runner.expect(1, "", "cannot open 'tank': dataset does not exist\n" + ABSENT, LOOK);
    assertThat(failure().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aMountThatFailsShouldSayWhatItSaid() {
    runner.expect(POOL + state("77", "local"), LOOK);
    expectMount(1, "mount: permission denied");
    mounted.add("/dev/sda1");
    assertThat(failure())
        .hasMessageContaining("permission denied")
        .extracting(VmStoreException::code)
        .isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aMountThatOnlySaysItWorkedShouldNotBeBelieved() {
    runner.expect(POOL + state("77", "local"), LOOK);
    expectMount(0, "");
    mounted.addAll(List.of("/dev/sda1", "/dev/sda1"));
    assertThat(failure().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void unmountShouldLeaveWhatIsNotMounted() throws IOException {
    Files.createDirectory(mounts.resolve("tank"));
    mounted.add("/dev/sda1");
    datasets().unmount(TANK, LATER);

    mounted.add("tank/.vmstore");
    runner.expect("", "umount", mounts.resolve("tank").toString());
    datasets().unmount(TANK, LATER);
  }

  private static String state(String guid, String source) {
    return "tank/.vmstore\tguid\t88\t-\ntank/.vmstore\tio.vmstore:state-of\t%s\t%s\n"
        .formatted(guid, source);
  }

  private void expectMount(int exitCode, String errors) {
    String folder = mounts.resolve("tank").toString();
    runner.expect(exitCode, "", errors, "mount", "-t", "zfs", "tank/.vmstore", folder);
  }

  private StateDatasets datasets() {
    return new StateDatasets(
        ZfsConfig.of(Set.of(TANK)), runner, mounts, folder -> mounted.remove());
  }

  private VmStoreException failure() {
    return catchThrowableOfType(VmStoreException.class, () -> datasets().mounted(TANK, LATER));
  }
}
