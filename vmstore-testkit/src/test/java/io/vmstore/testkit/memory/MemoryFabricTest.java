package io.vmstore.testkit.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MemoryFabricTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName COMPUTE = new NodeName("compute1");
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.random();

  private final MemoryFabric fabric = new MemoryFabric();
  private final TargetExporter exporter = fabric.targetExporter(NAS, Portal.parse("10.0.0.1:3260"));
  private final TargetConnector connector = fabric.targetConnector(COMPUTE);
  private ConnectedDevice device;

  @BeforeEach
  void connect() {
    Zvol zvol =
        fabric.zvolManager(new PoolName("tank")).ensure(V1, ID, ByteSize.mebibytes(1), soon());
    Export export = exporter.export(zvol, ID, 1, Admission.byName(connector.initiator()), soon());
    device = connector.connect(export.target(), ID, null, soon());
  }

  @Test
  void aPageShouldGoOnWithTheNextPoolInTheOrderOfTheTexts() {
    MemoryFabric pools = new MemoryFabric();
    ZvolManager manager =
        pools.zvolManager(new PoolName("a"), new PoolName("a-b"), new PoolName("b"));
    List<ZvolName> names =
        Stream.of("a-b/1", "a-b/2", "a/1", "a/2", "b/1").map(ZvolName::parse).toList();
    names.forEach(name -> pools.createUnmarkedVolume(name, ByteSize.mebibytes(1)));

    for (int first = 0; first < names.size(); first++) {
      assertThat(manager.list(names.get(first), 2, Deadline.after(Duration.ofSeconds(1))))
          .extracting(Zvol::name)
          .isEqualTo(names.subList(first + 1, Math.min(first + 3, names.size())));
    }
  }

  @Test
  void whoIsOffTheStorageNetworkShouldWriteNothingAndGoOnWhenBack() {
    fabric.unplug(COMPUTE);
    assertThat(fabric.writers(V1)).isEmpty();
    assertThatThrownBy(this::write).isInstanceOf(UncheckedIOException.class);
    assertThat(connector.list(soon()))
        .singleElement()
        .satisfies(lost -> assertThat(lost.device()).isEqualTo(device.device()))
        .satisfies(lost -> assertThat(lost.loggedIn()).isFalse());
    fabric.plugIn(COMPUTE);
    assertThat(connector.list(soon())).containsExactly(device);
    write();
    assertThat(fabric.writers(V1)).containsExactly(COMPUTE);
  }

  @Test
  void whoWasShutOutMeanwhileShouldStayOut() {
    fabric.unplug(NAS);
    exporter.unexport(ID, OpenSessions.END, soon());
    fabric.plugIn(NAS);
    assertThat(fabric.writers(V1)).isEmpty();
    assertThatThrownBy(this::write).isInstanceOf(UncheckedIOException.class);
  }

  private void write() {
    fabric.write(COMPUTE, device.device(), 0, new byte[] {1});
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(10));
  }
}
