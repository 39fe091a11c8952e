package io.vmstore.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A NAS and two compute nodes at work, each with a storage of its own over one folder. */
final class RolesTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final Authorization USERS = Authorization.ofOneUser("*");
  private static final List<NodeName> COMPUTES = List.of(new NodeName("c1"), new NodeName("c2"));

  @RegisterExtension final Storages storages = new Storages(LoopDevices.NEVER);
  @TempDir Path directory;
  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);
  private NasService nas;

  @BeforeEach
  void start() {
    COMPUTES.forEach(this::startCompute);
    startNas();
    nas = VmStore.over(network.transport(new NodeName("frontend")), USERS).nas(NAS);
  }

  private void startCompute(NodeName name) {
    ComputeNode.builder(name)
        .connector(storages.open(directory).storage.connector(name))
        .store(new MemoryStateStore())
        .authorization(USERS)
        .scheduler(scheduler)
        .start()
        .serve(network.transport(name));
  }

  private void startNas() {
    LocalStorage storage = storages.open(directory).storage;
    NasNode.builder(NAS, Fixture.TANK)
        .zvols(storage.zvolManager())
        .exporter(storage.targetExporter())
        .store(new MemoryStateStore())
        .authorization(USERS)
        .scheduler(scheduler)
        .start()
        .serve(network.transport(NAS));
  }

  @AfterEach
  void stop() {
    scheduler.close();
  }

  private static CallOptions soon() {
    return CallOptions.within(Duration.ofSeconds(30));
  }

  private Mapping map(NodeName host) {
    return nas.mapZvol(new MapZvol(Fixture.VOL1, host, Fixture.SIZE), soon()).join();
  }

  @Test
  void bytesShouldSurviveTheWayFromOneNodeToTheOther() throws IOException {
    Mapping first = map(COMPUTES.get(0));
    try (FileChannel disk = Fixture.hold(first.stablePath())) {
      disk.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096);
    }
    nas.unmapZvol(Fixture.VOL1, soon()).join();
    assertThat(Files.exists(first.stablePath().toPath())).isFalse();
    Mapping second = map(COMPUTES.get(1));
    assertThat(second.id()).isEqualTo(first.id());
    byte[] bytes = Files.readAllBytes(second.stablePath().toPath());
    assertThat(ByteBuffer.wrap(bytes, 4096, 3)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
  }

  @Test
  void aVolumeShouldHaveOneHostAndStayWithItWhileItIsOpen() throws IOException {
    Mapping mapping = map(COMPUTES.get(0));
    assertThatThrownBy(() -> map(COMPUTES.get(1))).hasMessageContaining("FAILED_PRECONDITION");
    try (FileChannel disk = Fixture.hold(mapping.stablePath())) {
      assertThatThrownBy(() -> nas.unmapZvol(Fixture.VOL1, soon()).join())
          .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
      assertThat(disk.size()).isEqualTo(Fixture.SIZE.bytes());
    }
    assertThat(map(COMPUTES.get(0))).isEqualTo(mapping);
  }

  @Test
  void aDeletedVolumeShouldLeaveNothing() throws IOException {
    map(COMPUTES.get(0));
    nas.unmapZvol(Fixture.VOL1, soon()).join();
    nas.deleteZvol(Fixture.VOL1, soon()).join();
    try (Stream<Path> left = Files.walk(directory)) {
      assertThat(left.filter(path -> !Files.isDirectory(path)))
          .containsExactly(directory.resolve("lock"));
    }
  }
}
