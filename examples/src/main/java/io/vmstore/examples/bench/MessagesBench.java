package io.vmstore.examples.bench;

import io.vmstore.examples.bench.Figures.Round;
import io.vmstore.testkit.broker.RabbitMqServer;
import io.vmstore.testkit.scale.Claims;
import io.vmstore.testkit.scale.Claims.Claim;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Measures what vmstore's requests cost on a RabbitMQ of their own, beside the least that
 * amqp-client needs and beside a queue for each command. The contenders take turns, each round in
 * another order, and what is claimed is the median of the rounds' ratios. With a page as its
 * argument it writes its tables there; it exits with 1 when a claim misses.
 */
public final class MessagesBench {
  private static final int ROUNDS = 10;
  private static final int ONE_BY_ONE = 1_000;
  private static final int TOGETHER = 10_000;
  private static final int IN_FLIGHT = 64;

  /** How many times fewer requests the slow ways make. */
  private static final int SLOW = 10;

  private MessagesBench() {}

  /** Measures, prints, and writes the page when one is given. */
  public static void main(String[] arguments) throws IOException {
    boolean passed;
    try (RabbitMqServer broker = RabbitMqServer.start()) {
      passed = run(broker, List.of(arguments), System.out);
    }
    System.exit(passed ? 0 : 1);
  }

  private static boolean run(RabbitMqServer broker, List<String> page, PrintStream out)
      throws IOException {
    List<Figures> figures =
        Stream.of(
                new RoleRoundTrips(broker),
                new EchoRoundTrips(broker),
                new QueueRoundTrips(broker, false),
                new QueueRoundTrips(broker, true))
            .map(Figures::new)
            .toList();
    measure(figures, out);
    figures.forEach(each -> each.contender().close());
    String table = MessagesPage.table(figures);
    out.println(table);
    Claims claims = claims(figures, out);
    if (!page.isEmpty()) {
      MessagesPage.write(Path.of(page.get(0)), MessagesPage.text(table, claims.all(), ROUNDS));
    }
    return claims.sum();
  }

  private static void measure(List<Figures> figures, PrintStream out) {
    for (int i = 0; i < 2; i++) { // until the compilers have seen it all
      figures.forEach(
          each -> each.warmUp(requests(each, ONE_BY_ONE), requests(each, TOGETHER), IN_FLIGHT));
    }
    for (int round = 0; round < ROUNDS; round++) {
      List<Figures> turn = new ArrayList<>(figures);
      Collections.rotate(turn, round);
      for (Figures each : turn) {
        each.measure(requests(each, ONE_BY_ONE), requests(each, TOGETHER), IN_FLIGHT);
        Round latest = each.rounds().get(round);
        out.printf(
            Locale.ROOT,
            "round %d, %s: %.0f us, %.0f a second%n",
            round + 1,
            each.contender().name(),
            latest.median() / 1e3,
            latest.perSecond());
      }
    }
  }

  private static int requests(Figures figures, int most) {
    return figures.contender() instanceof QueueRoundTrips ? most / SLOW : most;
  }

  private static Claims claims(List<Figures> figures, PrintStream out) {
    Figures vmstore = figures.get(0);
    Figures echo = figures.get(1);
    Figures queue = figures.get(2);
    Claims claims = new Claims(out);
    claims.add(
        new Claim("round trip / bare echo's", vmstore.over(echo, Round::median), 1.3, false));
    claims.add(
        new Claim(
            "requests a second / bare echo's", vmstore.over(echo, Round::perSecond), 0.8, true));
    claims.add(
        new Claim(
            "requests a second / queue-per-command's",
            vmstore.over(queue, Round::perSecond),
            3,
            true));
    return claims;
  }
}
