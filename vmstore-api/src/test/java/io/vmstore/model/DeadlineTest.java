package io.vmstore.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class DeadlineTest {
  /** Near the end of a long: a monotonic clock may overflow, and deadlines must not mind. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 10);

  private Deadline after(long nanos) {
    return Deadline.after(Duration.ofNanos(nanos), clock::get);
  }

  @Test
  void remainingShouldShrinkToZeroAcrossAnOverflowOfTheClock() {
    Deadline deadline = after(100);

    assertThat(deadline.remaining()).isEqualTo(Duration.ofNanos(100));
    clock.addAndGet(60);
    assertThat(deadline.remaining()).isEqualTo(Duration.ofNanos(40));
    assertThat(deadline.passed()).isFalse();
    clock.addAndGet(40);
    assertThat(deadline.passed()).isTrue();
    clock.addAndGet(1_000);
    assertThat(deadline.remaining()).isEqualTo(Duration.ZERO);
  }

  @Test
  void whatIsLongOverShouldHavePassed() {
    assertThat(Deadline.after(Duration.ofMillis(Long.MIN_VALUE)).passed()).isTrue();
    assertThat(Deadline.after(Duration.ofMillis(Long.MAX_VALUE)).passed()).isFalse();
  }

  @Test
  void atMostShouldTakeTheEarlier() {
    Deadline deadline = after(100);

    assertThat(deadline.atMost(Duration.ofNanos(30)).remaining()).isEqualTo(Duration.ofNanos(30));
    assertThat(deadline.atMost(Duration.ofNanos(300))).isSameAs(deadline);
  }

  @Test
  void earlierByShouldKeepTimeBack() {
    assertThat(after(100).earlierBy(Duration.ofNanos(20)).remaining())
        .isEqualTo(Duration.ofNanos(80));
    assertThat(after(100).earlierBy(Duration.ofNanos(200)).passed()).isTrue();
  }

  @Test
  void aYearShouldBeTheLongest() {
    assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), clock::get).remaining())
        .isEqualTo(Duration.ofDays(365));
  }
}
