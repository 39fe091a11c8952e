package io.vmstore.testkit.roles;

final class ManagedVolumesMultipathTest extends ManagedVolumesTests {
  @Override
  boolean multipath() {
    return true;
  }
}
