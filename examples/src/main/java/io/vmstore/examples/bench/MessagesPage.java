package io.vmstore.examples.bench;

import io.vmstore.examples.bench.Figures.Round;
import io.vmstore.testkit.scale.Claims;
import io.vmstore.testkit.scale.Claims.Claim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/** Writes a run of {@link MessagesBench} into a page, between two marks. */
final class MessagesPage {
  private static final String BEGIN = "<!-- written by vmstore-bench-messages -->\n";
  private static final String END = "<!-- end of what vmstore-bench-messages writes -->\n";

  private MessagesPage() {}

  static String table(List<Figures> figures) {
    StringBuilder table =
        new StringBuilder(
            """
            | contender | median, us | 90 % | 99 % | 99.9 % | requests a second, 64 in flight |
            |---|---|---|---|---|---|
            """);
    for (Figures each : figures) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %d | %.0f |%n",
              each.contender().name(),
              micros(each, 50),
              micros(each, 90),
              micros(each, 99),
              micros(each, 99.9),
              each.median(Round::perSecond)));
    }
    return table.toString();
  }

  private static long micros(Figures figures, double percentile) {
    return figures.latency(percentile).toNanos() / 1_000;
  }

  static String text(String table, List<Claim> claims, int rounds) {
    StringBuilder text = new StringBuilder("## Messages\n\n");
    text.append(
        """
        A run of `make bench-messages` on %s: %d rounds, each of which runs all contenders one after the other against one RabbitMQ
        on the same machine; a ratio is the median of the rounds' ratios.

        | claim | ratio | limit | |
        |---|---|---|---|
        """
            .formatted(LocalDate.now(ZoneOffset.UTC), rounds));
    for (Claim claim : claims) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %s %s | %s |%n",
              claim.name(),
              claim.figure(),
              claim.least() ? "≥" : "≤",
              Claims.plain(claim.limit()),
              claim.holds() ? "pass" : "**miss**"));
    }
    return text + "\n" + table + "\n";
  }

  static void write(Path page, String text) throws IOException {
    String old = Files.readString(page);
    int begin = old.indexOf(BEGIN);
    int end = old.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException("'" + page + "' has not the two marks, '" + BEGIN.strip() + "'");
    }
    Files.writeString(page, old.substring(0, begin) + BEGIN + text + old.substring(end));
  }
}
