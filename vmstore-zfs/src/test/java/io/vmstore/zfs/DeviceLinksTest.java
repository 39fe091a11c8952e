package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DeviceLinksTest {
  private static final Duration UNDISTURBED = Duration.ofMillis(50);

  @TempDir Path dev;
  private final Queue<Command> ran = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void threeDevicesOfWhichOneHasItsLink() throws IOException {
    for (String node : List.of("zd0", "zd16", "zd32", "sda")) {
      Files.createFile(dev.resolve(node));
    }
    link("v0", "zd0");
    link(".#v9", "zd999"); // udev is about to rename it, or its device went
  }

  @Test
  void awaitPresentShouldLeaveUdevAloneWhenTheLinkIsThere() throws InterruptedException {
    assertThat(links(this::succeed).awaitPresent(path("v0"), soon())).isTrue();
    assertThat(ran).isEmpty();
  }

  @Test
  void awaitPresentShouldHaveUdevLookAtTheDevicesWithoutLinkUntilItComes()
      throws InterruptedException {
    CommandRunner secondTime =
        (command, deadline) -> {
          CommandResult result = succeed(command, deadline);
          if (ran.size() == 2) {
            link("v1", "zd16");
          }
          return result;
        };
    assertThat(links(secondTime).awaitPresent(path("v1"), soon())).isTrue();
    String zd16 = dev.resolve("zd16").toString();
    String zd32 = dev.resolve("zd32").toString();
    Command expected = Command.of("udevadm", "trigger", "--action=change", zd16, zd32);
    assertThat(ran).containsExactly(expected, expected);
  }

  @Test
  void awaitPresentShouldLookBeforeThereIsAnyLink() throws Exception {
    Files.delete(path("v0"));
    Files.delete(path(".#v9"));
    Files.delete(dev.resolve("zvol/tank"));
    Files.delete(dev.resolve("zvol"));
    CommandRunner linking =
        (command, deadline) -> {
          link("v0", "zd0");
          return succeed(command, deadline);
        };
    assertThat(links(linking).awaitPresent(path("v0"), soon())).isTrue();
    assertThat(ran).singleElement().extracting(command -> command.arguments().size()).isEqualTo(6);
  }

  @Test
  void awaitPresentShouldGoOnWaitingWhenUdevadmFailsOrIsMissing() throws InterruptedException {
    CommandRunner failing =
        (command, deadline) -> {
          succeed(command, deadline);
          if (ran.size() == 1) {
            throw VmStoreException.builder(ErrorCode.UNAVAILABLE, "not installed").build();
          }
          if (ran.size() == 3) {
            link("v1", "zd16");
          }
          return new CommandResult(command, 1, "", "Failed to open", Duration.ZERO);
        };
    assertThat(links(failing).awaitPresent(path("v1"), soon())).isTrue();
    assertThat(ran).hasSize(3);
  }

  @Test
  void awaitPresentShouldStopWhenInterruptedInTheProgram() {
    CommandRunner interrupted =
        (command, deadline) -> {
          Thread.currentThread().interrupt();
          throw VmStoreException.builder(ErrorCode.CANCELLED, "interrupted").build();
        };
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> links(interrupted).awaitPresent(path("v1"), soon()));
  }

  @Test
  void awaitPresentShouldDisturbUdevForAllWhoWaitAsOftenAsForOne() throws Exception {
    DeviceLinks links = links(this::succeed);
    Deadline deadline = Deadline.after(UNDISTURBED.multipliedBy(10));
    Callable<Boolean> waiting = () -> links.awaitPresent(path("v1"), deadline);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    long start = System.nanoTime();
    for (Future<Boolean> present : threads.invokeAll(Collections.nCopies(8, waiting))) {
      assertThat(present.get()).isFalse();
    }
    long periods = (System.nanoTime() - start) / UNDISTURBED.toNanos();
    threads.shutdown();
    assertThat(ran).hasSizeBetween(1, (int) periods + 1);
  }

  private DeviceLinks links(CommandRunner runner) {
    return new DeviceLinks(dev.resolve("zvol"), runner, UNDISTURBED);
  }

  private CommandResult succeed(Command command, Deadline deadline) {
    ran.add(command);
    return new CommandResult(command, 0, "", "", Duration.ZERO);
  }

  private Path path(String name) {
    return dev.resolve("zvol/tank").resolve(name);
  }

  private void link(String name, String node) {
    try {
      Files.createDirectories(path(name).getParent());
      Files.createSymbolicLink(path(name), Path.of("../..", node));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }
}
