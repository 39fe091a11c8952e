package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListTest {
  private final VolumeId id = VolumeId.random();
  private final Path directory;
  private final SimulatedHost host;
  private final OpenIscsiTargetConnector connector;

  ListTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.host = new SimulatedHost(directory);
    this.connector = host.connector();
  }

  @Test
  void listShouldRunNoProgram() {
    ConnectedDevice device = connector.connect(host.export("vol1", id).target, id, null, soon());
    int before = host.events().size();
    assertThat(connector.list(soon())).containsExactly(device);
    assertThat(host.events()).hasSize(before);
  }

  @Test
  void listShouldShowADeviceWhoseTargetIsLost() {
    Target target = host.export("vol1", id).target;
    ConnectedDevice device = connector.connect(target, id, null, soon());
    host.unexport(target.iqn());
    assertThat(connector.list(soon()))
        .singleElement()
        .satisfies(
            lost -> {
              assertThat(lost.device()).isEqualTo(device.device());
              assertThat(lost.loggedIn()).isFalse();
            });
  }

  @Test
  void listShouldShowTheSerialTheDeviceHasAndNoLinkThatIsNotItsOwn() throws IOException {
    Target target = host.export("vol1", id).target;
    host.logInByHand(target.iqn());
    Files.createDirectories(directory.resolve("links"));
    Files.createSymbolicLink(directory.resolve("links/" + id), directory.resolve("dev/sdq"));
    assertThat(connector.list(soon()))
        .singleElement()
        .satisfies(
            device -> {
              assertThat(device.serial()).isEqualTo(id.toString());
              assertThat(device.stablePath()).isEqualTo(device.device());
            });
  }

  @Test
  void listShouldShowADiskThatIsNoVolumeByItsOwnName() {
    Target target = host.export("vol1", "5f3a", SimulatedHost.PORTAL).target;
    host.logInByHand(target.iqn());
    assertThat(connector.list(soon())).extracting(ConnectedDevice::serial).containsExactly("5f3a");
  }

  @Test
  void listShouldBeEmptyWhereTheKernelHasNoIscsi() {
    SimulatedSysfs.delete(directory.resolve("sys/class"));
    assertThat(connector.list(soon())).isEmpty();
  }
}
