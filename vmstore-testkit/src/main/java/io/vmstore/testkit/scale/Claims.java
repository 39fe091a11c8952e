package io.vmstore.testkit.scale;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is claimed of a measurement, and whether its figures bear it out: a line each, and at the
 * end their number. Not thread-safe.
 */
public final class Claims {
  /**
   * One of them.
   *
   * @param name which two things' ratio, or what else, the figure is
   * @param limit what the figure may be at most, or with {@code least} must be at least
   */
  public record Claim(String name, double figure, double limit, boolean least) {
    /** {@return whether the figure keeps within the limit} */
    public boolean holds() {
      return least ? figure >= limit : figure <= limit;
    }
  }

  private final PrintStream out;
  private final List<Claim> all = new ArrayList<>();

  /** Begins without a claim; the lines go to the stream. */
  public Claims(PrintStream out) {
    this.out = out;
  }

  /** Adds a claim and prints its line. */
  public void add(Claim claim) {
    all.add(claim);
    out.printf(
        Locale.ROOT,
        "%s %s: %.2f, limit %s %s%n",
        claim.holds() ? "pass" : "MISS",
        claim.name(),
        claim.figure(),
        claim.least() ? ">=" : "<=",
        plain(claim.limit()));
  }

  /** {@return the limit without the zeros of its format} */
  public static String plain(double limit) {
    return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
  }

  /** {@return the claims of before, in order} */
  public List<Claim> all() {
    return List.copyOf(all);
  }

  /** Prints how many hold. {@return whether all do} */
  public boolean sum() {
    long passed = all.stream().filter(Claim::holds).count();
    out.printf("%d passed, %d failed%n", passed, all.size() - passed);
    return passed == all.size();
  }
}
