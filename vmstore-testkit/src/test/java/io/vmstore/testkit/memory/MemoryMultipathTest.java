package io.vmstore.testkit.memory;

final class MemoryMultipathTest extends MemoryVolumeConnectorTests {
  @Override
  protected boolean multipath() {
    return true;
  }
}
