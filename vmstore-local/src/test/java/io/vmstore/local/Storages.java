package io.vmstore.local;

import io.vmstore.local.LocalConfig.LoopDevices;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Opens storages over one folder, each as another process would, and closes them after the methods
 * that a contract runs after each test.
 */
final class Storages implements AfterEachCallback {
  private final LoopDevices use;
  private final Deque<Fixture> opened = new ArrayDeque<>();

  Storages(LoopDevices use) {
    this.use = use;
  }

  Fixture open(Path directory) {
    Fixture fixture = new Fixture(directory, use);
    opened.push(fixture);
    return fixture;
  }

  void close() {
    opened.forEach(Fixture::close);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    close();
  }
}
