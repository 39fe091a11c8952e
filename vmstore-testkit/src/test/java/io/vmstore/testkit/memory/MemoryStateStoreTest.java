package io.vmstore.testkit.memory;

import io.vmstore.spi.StateStore;
import io.vmstore.testkit.contract.StateStoreContract;

final class MemoryStateStoreTest extends StateStoreContract {
  private MemoryStateStore latest = new MemoryStateStore();

  @Override
  protected StateStore open() {
    latest = latest.reopen();
    return latest;
  }
}
