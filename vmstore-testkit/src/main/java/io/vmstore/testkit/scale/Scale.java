package io.vmstore.testkit.scale;

import com.sun.management.ThreadMXBean;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.testkit.scale.Claims.Claim;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Prints what an installation of so many volumes costs, a row for each number given as an argument;
 * 1,000, 10,000 and 100,000 without any. What concerns one volume is to cost the same in every row,
 * what concerns all of them as much for each of them; whether that is so between the last two rows
 * is said at the end, and by the exit status.
 */
public final class Scale {
  private static final int SAMPLES = 200;
  private static final int PAGE = 1_000;

  /** More than nothing, because a busy machine is not as fast in one minute as in the next. */
  private static final double LIMIT = 1.5;

  private Scale() {}

  /** Measures and prints. */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    int[] counts =
        arguments.length == 0
            ? new int[] {1_000, 10_000, 100_000}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    measured(10_000); // what the compiler learns of it serves all rows
    out.println(
        "  volumes  map+unmap+rm (ms)  status of one (ms)  list (ms)  in pages (ms)"
            + "  a page (KiB)  NAS start (ms)  memory (MiB)");
    List<Row> rows = new ArrayList<>();
    for (int count : counts) {
      Row row = measured(count);
      row.print(out);
      rows.add(row);
    }
    if (rows.size() > 1 && !hold(rows.get(rows.size() - 2), rows.get(rows.size() - 1), out)) {
      System.exit(1);
    }
  }

  private static boolean hold(Row few, Row many, PrintStream out) {
    Claims claims = new Claims(out);
    String counts = " at %,d / at %,d".formatted(many.count, few.count);
    claim(claims, "map, unmap and delete of one" + counts, few, many, row -> row.operation);
    claim(claims, "status of one" + counts, few, many, row -> row.status);
    claim(claims, "a list's time for each" + counts, few, many, row -> row.each(row.list));
    claim(claims, "its time in pages for each" + counts, few, many, row -> row.each(row.pages));
    claim(claims, "memory a page needs" + counts, few, many, row -> row.page);
    claim(claims, "a start's time for each" + counts, few, many, row -> row.each(row.start));
    claim(claims, "memory for each" + counts, few, many, row -> row.each(row.memory));
    return claims.sum();
  }

  private static void claim(
      Claims claims, String name, Row few, Row many, ToDoubleFunction<Row> figure) {
    double ratio = figure.applyAsDouble(many) / figure.applyAsDouble(few);
    claims.add(new Claim(name, ratio, LIMIT, false));
  }

  /** Times are in milliseconds, memory in bytes. */
  private record Row(
      int count,
      double operation,
      double status,
      double list,
      double pages,
      double page,
      double start,
      double memory) {
    private double each(double all) {
      return all / count;
    }

    private void print(PrintStream out) {
      out.printf(
          Locale.ROOT,
          "%9d  %17.3f  %18.3f  %9.0f  %13.0f  %12.0f  %14.0f  %12.0f%n",
          count,
          operation,
          status,
          list,
          pages,
          page / 1024,
          start,
          memory / (1024 * 1024));
    }
  }

  private static Row measured(int count) {
    try (Installation installation = new Installation()) {
      long before = memory();
      installation.map(0, count);
      long memory = memory() - before;
      double operations = time(() -> operate(installation, count));
      double statuses = time(() -> ask(installation));
      double list = best(() -> list(installation, ZvolQuery.all()));
      double pages = best(() -> inPages(installation, count));
      double page = allocated(() -> list(installation, ZvolQuery.page(null, PAGE)));
      double start = time(installation::restartNas);
      return new Row(
          count, operations / SAMPLES, statuses / SAMPLES, list, pages, page, start, memory);
    }
  }

  private static void operate(Installation installation, int number) {
    for (int i = 0; i < SAMPLES; i++) {
      installation.map(number, 1);
      installation.unmapAndDelete(number);
    }
  }

  private static void ask(Installation installation) {
    for (int i = 0; i < SAMPLES; i++) {
      list(installation, ZvolQuery.named(Installation.volume(i)));
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

  /** Of several times, the one that others' work disturbed least. */
  private static double best(Runnable work) {
    return IntStream.range(0, 3).mapToDouble(i -> time(work)).min().orElseThrow();
  }

  private static double time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private static long memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** What all threads there are took from the heap meanwhile, garbage included. */
  private static long allocated(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds())).sum();
    work.run();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds())).sum() - before;
  }
}
