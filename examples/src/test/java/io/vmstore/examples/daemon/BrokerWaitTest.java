package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokerWaitTest {
  private final List<Long> pauses = new ArrayList<>();
  private long now;
  private int attempts;

  @Test
  void pausesShouldGrowUpToABound() {
    waitAtMost(NodeSettings.FOR_EVER).until(() -> failUntil(8, ErrorCode.UNAVAILABLE));
    assertThat(attempts).isEqualTo(8);
    assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 16L, 16L);
  }

  @Test
  void lastFailureShouldBeThrownAtTheDeadline() {
    BrokerWait wait = waitAtMost(Duration.ofSeconds(10));
    assertThatThrownBy(() -> wait.until(() -> failUntil(100, ErrorCode.UNAVAILABLE)))
        .hasMessageContaining("attempt 4");
    assertThat(pauses).containsExactly(1L, 2L, 4L);
  }

  @Test
  void wrongPasswordShouldNotBeTriedAgain() {
    BrokerWait wait = waitAtMost(NodeSettings.FOR_EVER);
    assertThatThrownBy(() -> wait.until(() -> failUntil(2, ErrorCode.PERMISSION_DENIED)))
        .isInstanceOf(VmStoreException.class);
    assertThat(attempts).isEqualTo(1);
  }

  @Test
  void aNameThatADeadConnectionHoldsShouldBeWaitedFor() {
    BrokerWait wait = waitAtMost(NodeSettings.FOR_EVER);
    wait.until(() -> failUntil(4, ErrorCode.ALREADY_EXISTS));
    assertThat(attempts).isEqualTo(4);
    assertThat(pauses).containsExactly(1L, 2L, 4L);
  }

  @Test
  void aNameThatStaysTakenShouldBeWaitedForNoLongerThanADeadConnectionLasts() {
    BrokerWait wait = waitAtMost(NodeSettings.FOR_EVER);
    assertThatThrownBy(() -> wait.until(() -> failUntil(100, ErrorCode.ALREADY_EXISTS)))
        .hasMessageContaining("ALREADY_EXISTS");
    assertThat(pauses.stream().mapToLong(Long::longValue).sum()).isEqualTo(90);
  }

  private BrokerWait waitAtMost(Duration limit) {
    return new BrokerWait("broker", Deadline.after(limit, () -> now), this::pass);
  }

  private void pass(Duration time) {
    pauses.add(time.toSeconds());
    now += time.toNanos();
  }

  private void failUntil(int success, ErrorCode code) {
    attempts++;
    if (attempts < success) {
      throw VmStoreException.builder(code, "attempt " + attempts).build();
    }
  }
}
