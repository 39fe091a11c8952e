package io.vmstore.local;

import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A program that takes a lock in time, says so, and keeps it until it is killed. */
final class LockHolder {
  private LockHolder() {}

  public static void main(String[] arguments) throws IOException {
    Locks locks = Locks.open(Path.of(arguments[0]));
    locks.alone(
        arguments[1],
        "hold",
        Deadline.after(Duration.parse(arguments[2])),
        () -> {
          System.out.println("held");
          return System.in.read(); // ends with the test at the latest
        });
  }
}
