package io.vmstore.testkit.contract;

/**
 * Something that holds a device open, or a session of a target, until it is closed.
 *
 * @param name what an error about it must contain, such as the process's name
 * @param release lets go
 */
public record Holder(String name, Runnable release) implements AutoCloseable {
  @Override
  public void close() {
    release.run();
  }
}
