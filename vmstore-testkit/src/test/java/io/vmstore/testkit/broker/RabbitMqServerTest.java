package io.vmstore.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RabbitMqServerTest {
  @Test
  void startShouldFailLoudlyWhenTheProgramIsMissing(@TempDir Path empty) {
    System.setProperty(RabbitMqServer.SCRIPTS_PROPERTY, empty.toString());
    try {
      assertThatThrownBy(RabbitMqServer::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("apt-get install");
    } finally {
      System.clearProperty(RabbitMqServer.SCRIPTS_PROPERTY);
    }
  }

  @Test
  void serverShouldKeepItsUsersOverACrashAndLeaveNoProcess() {
    List<ProcessHandle> started;
    try (RabbitMqServer rabbit = RabbitMqServer.start()) {
      rabbit.addUser("alice", "secret");
      rabbit.kill();
      rabbit.startAgain();
      assertThat(rabbit.control("-q", "list_users").lines())
          .anyMatch(line -> line.startsWith("alice\t"));
      started = ProcessHandle.current().descendants().toList();
    }
    assertThat(started).hasSizeGreaterThan(1).noneMatch(ProcessHandle::isAlive);
  }
}
