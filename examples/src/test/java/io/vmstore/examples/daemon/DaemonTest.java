package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.core.VmStore;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.BrokerTls;
import io.vmstore.examples.broker.Brokers;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String PASSWORD = "secret";
  private static final Map<String, String> USERS =
      Map.of(
          "vmstore-nas-nas1", PASSWORD,
          "vmstore-compute-compute1", PASSWORD,
          "vmstore-frontend", PASSWORD);
  private static final ZvolName ZVOL = ZvolName.parse("tank/vm-17");

  @TempDir Path folder;

  @Test
  void daemonsShouldMapAndEndCleanly() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS);
        DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", broker.port());
        DaemonProcess compute = startCompute(broker.port())) {
      nas.awaitLog("vmstore-nas ready");
      compute.awaitLog("vmstore-compute ready");
      nas.awaitLog("vmstore-nas recovered");
      compute.awaitLog("vmstore-compute recovered");
      Mapping mapping = map(broker.port());
      assertThat(mapping.stablePath().toPath()).exists();
      assertThat(nas.terminate()).isZero();
      assertThat(compute.terminate()).isZero();
      nas.awaitLog("vmstore-nas stopped");
    }
  }

  @Test
  void daemonsShouldSayWhenWhatWasMappedIsBack() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS)) {
      Mapping before = mappedByDaemonsThatEnded(broker.port());
      Path grant = grant(before);
      Files.delete(grant);
      try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", broker.port());
          DaemonProcess compute = startCompute(broker.port())) {
        nas.awaitLog("vmstore-nas recovered");
        compute.awaitLog("vmstore-compute recovered");
        assertThat(grant).exists();
        assertThat(before.stablePath().toPath()).exists();
        assertThat(map(broker.port())).isEqualTo(before);
      }
    }
  }

  @Test
  void whatWasMappedShouldComeBackWithoutABroker() throws Exception {
    Mapping before;
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS)) {
      before = mappedByDaemonsThatEnded(broker.port());
    }
    Path grant = grant(before);
    Files.delete(grant);
    try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", 1);
        DaemonProcess compute = startCompute(1)) {
      nas.awaitLog("vmstore-nas recovered");
      compute.awaitLog("vmstore-compute recovered");
      nas.awaitLog("waiting for the broker");
      assertThat(grant).exists();
      assertThat(before.stablePath().toPath()).exists();
    }
  }

  /** Where the NAS says, in files, that it exports the volume. */
  private Path grant(Mapping mapping) {
    return folder.resolve("storage/targets").resolve(mapping.id().toString());
  }

  private Mapping mappedByDaemonsThatEnded(int port) throws Exception {
    try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", port);
        DaemonProcess compute = startCompute(port)) {
      nas.awaitLog("vmstore-nas ready");
      compute.awaitLog("vmstore-compute ready");
      Mapping mapping = map(port);
      assertThat(nas.terminate() + compute.terminate()).isZero();
      return mapping;
    }
  }

  @Test
  void daemonThatWasKilledShouldComeBackAndRecover() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS);
        DaemonProcess compute = startCompute(broker.port())) {
      compute.awaitLog("vmstore-compute recovered");
      Path crash = DaemonProcess.crashFile(folder.resolve("nas1.properties"));
      Files.writeString(crash, "exporter.export:after:1");
      try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", broker.port())) {
        nas.awaitLog("vmstore-nas ready");
        CompletableFuture<Mapping> lost = CompletableFuture.supplyAsync(() -> map(broker.port()));
        assertThat(nas.exitCode()).isEqualTo(CrashPoints.KILLED);
        assertThat(lost).isNotDone();
      }
      try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", broker.port())) {
        nas.awaitLog("vmstore-nas recovered");
        assertThat(map(broker.port()).stablePath().toPath()).exists();
      }
    }
  }

  @Test
  void daemonShouldWaitForItsBrokerAndEndMeanwhile() throws Exception {
    try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", 1)) {
      nas.awaitLog("waiting for the broker at 127.0.0.1:1");
      assertThat(nas.terminate()).isZero();
    }
  }

  @Test
  void wrongSettingShouldEndTheDaemonWithExitCode2() throws Exception {
    try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank/vm", 1)) {
      assertThat(nas.exitCode()).isEqualTo(2);
      nas.awaitLog("value 'tank/vm' of key 'pools'");
      nas.awaitLog("correction");
    }
  }

  @Test
  void secondDaemonOverTheSameStateShouldEndWithExitCode1() throws Exception {
    try (DaemonProcess first = start(NasDaemon.class, "nas1", "pools = tank", 1)) {
      first.awaitLog("waiting for the broker");
      DaemonProcess second = start(NasDaemon.class, "nas1", "pools = tank", 1);
      assertThat(second.exitCode()).isEqualTo(1);
      second.awaitLog("vmstore-nas cannot start: FAILED_PRECONDITION");
    }
  }

  @Test
  void releaseShouldEndTheExportsAndKeepTheRecords() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(0, USERS)) {
      Mapping before = mappedByDaemonsThatEnded(broker.port());
      Path grant = grant(before);
      try (DaemonProcess release = release()) {
        assertThat(release.exitCode()).isZero();
        release.awaitLog("ended 1 exports");
      }
      assertThat(grant).doesNotExist();
      try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", broker.port())) {
        nas.awaitLog("vmstore-nas recovered");
        assertThat(grant).exists();
      }
    }
  }

  @Test
  void releaseShouldBeRefusedWhileTheDaemonRuns() throws Exception {
    try (DaemonProcess nas = start(NasDaemon.class, "nas1", "pools = tank", 1)) {
      nas.awaitLog("waiting for the broker");
      DaemonProcess release = release();
      assertThat(release.exitCode()).isEqualTo(1);
      release.awaitLog("another process has it open");
    }
  }

  private DaemonProcess release() throws IOException {
    return DaemonProcess.start(NasDaemon.class, folder.resolve("nas1.properties"), "--release");
  }

  private DaemonProcess startCompute(int port) throws IOException {
    return start(ComputeDaemon.class, "compute1", "local.loop.devices = never", port);
  }

  private DaemonProcess start(Class<?> daemon, String name, String more, int port)
      throws IOException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    String text =
        """
        node.name = %s
        broker.addresses = 127.0.0.1:%d
        broker.username = %s
        broker.password.file = %s
        state.directory = %s
        storage = local
        local.directory = %s
        %s
        """
            .formatted(
                name,
                port,
                user(name),
                password,
                folder.resolve(name),
                folder.resolve("storage"),
                more);
    return DaemonProcess.start(
        daemon, Files.writeString(folder.resolve(name + ".properties"), text));
  }

  private static String user(String node) {
    return (node.startsWith("nas") ? "vmstore-nas-" : "vmstore-compute-") + node;
  }

  private static Mapping map(int port) {
    BrokerLogin login =
        new BrokerLogin("127.0.0.1:" + port, "vmstore-frontend", PASSWORD, "/", BrokerTls.NONE);
    try (Transport transport = Brokers.connect(login, TIMEOUT)) {
      NasService nas = VmStore.over(transport).nas(new NodeName("nas1"));
      return nas.mapZvol(
              new MapZvol(ZVOL, new NodeName("compute1"), ByteSize.mebibytes(64)),
              CallOptions.within(TIMEOUT))
          .join();
    }
  }
}
