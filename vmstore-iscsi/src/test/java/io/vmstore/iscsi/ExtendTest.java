package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.model.ByteSize;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the contract does not see: what is written to the kernel, and targets that do not answer.
 */
class ExtendTest {
  private static final ByteSize LARGER = ByteSize.mebibytes(2);

  private final VolumeId id = VolumeId.random();
  private final SimulatedHost host;
  private final OpenIscsiTargetConnector connector;

  ExtendTest(@TempDir Path directory) throws IOException {
    this.host = new SimulatedHost(directory);
    this.connector = host.connector();
  }

  private SimulatedTarget connected() {
    SimulatedTarget exported = host.export("vol1", id);
    connector.connect(exported.target, id, null, soon());
    return exported;
  }

  private ConnectedDevice extend(SimulatedTarget exported) {
    return connector.extend(exported.target, id, LARGER, soon());
  }

  @Test
  void extendShouldRescanTheDiskOnceAndRunNoProgram() {
    SimulatedTarget exported = connected();
    host.grow(exported.target.iqn(), LARGER);
    int before = host.events().size();
    assertThat(extend(exported).size()).isEqualTo(LARGER);
    assertThat(extend(exported).size()).isEqualTo(LARGER);
    assertThat(host.events().subList(before, host.events().size())).containsExactly("rescan 1");
  }

  @Test
  void extendShouldSeeThatARescanShowedAnotherDisk() {
    SimulatedTarget exported = connected();
    host.grow(exported.target.iqn(), LARGER);
    host.swapSerial(exported.target.iqn(), "another disk");
    assertThat(failureOf(exported).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
  }

  @Test
  void extendShouldFailWithUnavailableAndAskNothingOfATargetThatIsLost() {
    SimulatedTarget exported = connected();
    host.loseConnections(exported.target.iqn());
    int before = host.events().size();
    assertThat(failureOf(exported).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(host.events()).hasSize(before);
    host.regainConnections(exported.target.iqn());
    host.grow(exported.target.iqn(), LARGER);
    assertThat(extend(exported).size()).isEqualTo(LARGER);
  }

  @Test
  void extendShouldFailWithUnavailableWhenTheKernelRefuses() {
    SimulatedTarget exported = connected();
    host.grow(exported.target.iqn(), LARGER);
    host.failEffect("rescan");
    VmStoreException failure = failureOf(exported);
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  private VmStoreException failureOf(SimulatedTarget exported) {
    return catchThrowableOfType(VmStoreException.class, () -> extend(exported));
  }
}
