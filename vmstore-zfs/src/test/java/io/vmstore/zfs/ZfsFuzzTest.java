package io.vmstore.zfs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.ErrorCode;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.ZvolName;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever zfs says, it is understood, or refused as a failure of zfs and not of the caller. */
class ZfsFuzzTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final Deadline LATER = Deadline.after(Duration.ofHours(12));
  private static final Set<ErrorCode> REFUSALS =
      EnumSet.complementOf(EnumSet.of(ErrorCode.INVALID_ARGUMENT, ErrorCode.CANCELLED));

  @Test
  void everyOutputShouldBeUnderstoodOrRefused() {
    Fuzz.of(ZfsFuzzTest.class, "zfs-get")
        .check(
            input -> {
              ZfsZvolManager zfs = manager(0, new String(input, UTF_8), "");
              Fuzz.parsed(REFUSALS, () -> zfs.list(LATER));
              Fuzz.parsed(REFUSALS, () -> zfs.find(V1, LATER));
            });
  }

  @Test
  void everyErrorShouldBeRead() {
    String pool = "tank\tavailable\t1000\t-\ntank\tused\t24\t-\n";
    Fuzz.of(ZfsFuzzTest.class, "zfs-error")
        .check(
            input -> {
              ZfsZvolManager zfs = manager(1, pool, new String(input, UTF_8));
              Fuzz.parsed(REFUSALS, () -> zfs.list(LATER));
              Fuzz.parsed(REFUSALS, () -> zfs.find(V1, LATER));
            });
  }

  @Test
  void aValueThatHoldsLinesShouldNotSpeakForAnotherVolume() {
    String forged =
        """
        tank/v1\tio.vmstore:origin\tx\t-
        tank/v2\tio.vmstore:id\t00000000-0000-4000-8000-000000000001\tlocal
        tank/v2\tio.vmstore:id\t00000000-0000-4000-8000-000000000002\tlocal
        """;
    assertThatThrownBy(() -> manager(0, forged, "").list(LATER))
        .hasMessageContaining("INTERNAL")
        .hasMessageContaining("is there twice");
  }

  private static ZfsZvolManager manager(int exitCode, String output, String errors) {
    CommandRunner zfs =
        (Command command, Deadline deadline) ->
            new CommandResult(command, exitCode, output, errors, Duration.ZERO);
    return new ZfsZvolManager(ZfsConfig.of(Set.of(new PoolName("tank"))), zfs, new DeviceHolders());
  }
}
