package io.vmstore.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.OperationId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TraceTest {
  private static final OperationId OPERATION = new OperationId("start-of-vm-17");

  private final Logger logger = (Logger) LoggerFactory.getLogger(Trace.LOGGER);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final HandScheduler scheduler = new HandScheduler();

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
  void aStepShouldBeALineWithItsTimeByTheOperationsId() {
    CompletableFuture<String> work = new CompletableFuture<>();
    CompletableFuture<String> traced =
        Trace.of(scheduler, OPERATION, "create the zvol", () -> work);
    assertThat(lines()).isEmpty();
    scheduler.pass(Duration.ofMillis(7));
    work.complete("a zvol");
    assertThat(traced.join()).isEqualTo("a zvol");
    assertThat(lines()).containsExactly("start-of-vm-17 create the zvol: 7000 us, done");
  }

  @Test
  void aStepThatFailsShouldSayHow() {
    VmStoreException failure =
        VmStoreException.builder(ErrorCode.UNAVAILABLE, "away").outcomeUnknown(true).build();
    CompletableFuture<Void> traced =
        Trace.of(
            scheduler,
            OPERATION,
            "attach",
            () -> {
              throw failure;
            });
    assertThat(Failures.of(traced.handle((value, thrown) -> thrown).join())).isSameAs(failure);
    assertThat(lines())
        .containsExactly("start-of-vm-17 attach: 0 us, UNAVAILABLE, outcome unknown");
  }

  @Test
  void nothingShouldBeSaidUnlessItIsSwitchedOn() {
    logger.setLevel(Level.INFO);
    Trace.of(scheduler, OPERATION, "attach", () -> CompletableFuture.completedFuture(1)).join();
    assertThat(lines()).isEmpty();
  }

  private List<String> lines() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }
}
