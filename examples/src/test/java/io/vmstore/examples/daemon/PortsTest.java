package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.spi.StateStore;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class PortsTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Ports.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
    logger.setLevel(Level.DEBUG);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(log);
    logger.setLevel(null);
  }

  @Test
  void eachCallShouldBeALineWithItsTimeAndNothingItWasGiven() {
    StateStore store = Ports.timed(new MemoryStateStore(), StateStore.class, "store");
    store.write("tank/v1", "a secret".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(lines()).hasSize(1).first().asString().matches("store\\.write \\d+ us");
  }

  @Test
  void aProgramShouldBeNamedWhetherItSucceedsOrNot() {
    CommandRunner failing =
        (command, deadline) -> {
          throw VmStoreException.builder(ErrorCode.UNAVAILABLE, "not installed").build();
        };
    CommandRunner working =
        (command, deadline) -> new CommandResult(command, 0, "", "", Duration.ZERO);
    Command list = Command.of("zfs", "list");
    Deadline soon = Deadline.after(Duration.ofSeconds(10));
    Ports.timed(working, CommandRunner.class, "programs").run(list, soon);
    assertThatThrownBy(() -> Ports.timed(failing, CommandRunner.class, "programs").run(list, soon))
        .isInstanceOf(VmStoreException.class);
    assertThat(lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).matches("'zfs list' \\d+ us"));
  }

  private List<String> lines() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }
}
