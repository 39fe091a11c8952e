package io.vmstore.testkit.state;

import io.vmstore.core.state.FileStateStore;
import io.vmstore.spi.StateStore;
import io.vmstore.testkit.contract.StateStoreContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileStateStoreContractTest extends StateStoreContract {
  @TempDir Path folder;

  @Override
  protected StateStore open() {
    return FileStateStore.open(folder);
  }

  @Override
  protected void damage(String key) {
    Path file = folder.resolve(key + ".record");
    try {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected void leaveTornWrite(String key) {
    try {
      Files.writeString(folder.resolve(key + ".record.new"), "vmstore-rec");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
