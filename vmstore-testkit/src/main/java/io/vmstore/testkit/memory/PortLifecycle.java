package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;

/** The rules that hold for every port, checked at the entrance of each call. Thread-safe. */
final class PortLifecycle {
  private final String port;
  private volatile boolean closed;

  PortLifecycle(String port) {
    this.port = port;
  }

  void close() {
    closed = true;
  }

  void enter(String problem) {
    if (closed) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
          .reason("the " + port + " is closed")
          .correction("open a new one")
          .build();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw VmStoreException.builder(ErrorCode.CANCELLED, problem)
          .reason("the calling thread was interrupted")
          .build();
    }
  }

  void enter(String problem, Deadline deadline) {
    enter(problem);
    if (deadline.passed()) {
      throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, problem)
          .reason("the deadline had passed before the call began")
          .build();
    }
  }
}
