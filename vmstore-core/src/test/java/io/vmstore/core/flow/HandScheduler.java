package io.vmstore.core.flow;

import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Runs tasks where they are given; time passes when a test says so. */
public final class HandScheduler implements Scheduler {
  private record Timer(long at, Runnable task) {}

  private final List<Timer> timers = new ArrayList<>();
  private long now;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    Timer timer = new Timer(now + delay.toNanos(), task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  @Override
  public void execute(Runnable task) {
    task.run();
  }

  /** Lets time pass and runs what falls due in it, in order. */
  public void pass(Duration time) {
    now += time.toNanos();
    List<Timer> due = timers.stream().filter(timer -> timer.at() <= now).toList();
    timers.removeAll(due);
    due.stream().sorted(Comparator.comparingLong(Timer::at)).forEach(timer -> timer.task().run());
  }

  /** {@return how many timers wait} */
  public int waiting() {
    return timers.size();
  }

  /** {@return a deadline on this clock} */
  public Deadline in(Duration time) {
    return Deadline.after(time, this::nanoTime);
  }
}
