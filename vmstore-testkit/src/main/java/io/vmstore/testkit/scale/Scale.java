package io.vmstore.testkit.scale;

import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Prints what an installation of so many volumes costs, a row for each number given as an argument;
 * 1,000, 10,000 and 100,000 without any. What concerns one volume is to cost the same in every row,
 * what concerns all of them ten times as much in the next.
 */
public final class Scale {
  private static final int SAMPLES = 200;
  private static final int PAGE = 1_000;

  private Scale() {}

  /** Measures and prints. */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    int[] counts =
        arguments.length == 0
            ? new int[] {1_000, 10_000, 100_000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    measured(1_000); // what the compiler learns of it serves all rows
    out.println(
        "  volumes  map+unmap+rm (ms)  status of one (ms)  list (ms)  in pages (ms)"
            + "  NAS start (ms)  memory (MiB)");
    for (int count : counts) {
      Row row = measured(count);
      out.printf(
          "%9d  %17.3f  %18.3f  %9d  %13d  %14d  %12d%n",
          count,
          row.operation.toNanos() / 1e6,
          row.status.toNanos() / 1e6,
          row.list.toMillis(),
          row.pages.toMillis(),
          row.start.toMillis(),
          row.memory >> 20);
    }
  }

  private record Row(
      Duration operation,
      Duration status,
      Duration list,
      Duration pages,
      Duration start,
      long memory) {}

  private static Row measured(int count) {
    try (Installation installation = new Installation()) {
      long before = memory();
      installation.map(0, count);
      long memory = memory() - before;
      Duration operation =
          time(
              () -> {
                for (int i = 0; i < SAMPLES; i++) {
                  installation.map(count, 1);
                  installation.unmapAndDelete(count);
                }
              });
      Duration status =
          time(
              () -> {
                for (int i = 0; i < SAMPLES; i++) {
                  list(installation, ZvolQuery.named(Installation.volume(i)));
                }
              });
      Duration list = time(() -> list(installation, ZvolQuery.all()));
      Duration pages = time(() -> inPages(installation, count));
      Duration start = time(installation::restartNas);
      return new Row(
          operation.dividedBy(SAMPLES), status.dividedBy(SAMPLES), list, pages, start, memory);
    }
  }

  private static void inPages(Installation installation, int count) {
    List<ZvolStatus> page = list(installation, ZvolQuery.page(null, PAGE));
    int seen = page.size();
    while (page.size() == PAGE) {
      page = list(installation, ZvolQuery.page(page.get(PAGE - 1).zvol(), PAGE));
      seen += page.size();
    }
    if (seen != count) {
      throw new IllegalStateException(seen + " volumes were listed, and there are " + count);
    }
  }

  private static List<ZvolStatus> list(Installation installation, ZvolQuery query) {
    return installation.nas().listZvols(query, Installation.options()).join();
  }

  private static Duration time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static long memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
