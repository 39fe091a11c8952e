package io.vmstore.examples.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** What one contender took, round by round. Not thread-safe. */
final class Figures {
  private static final int DIGITS = 3;

  /**
   * One round.
   *
   * @param median of the requests one after the other, in nanoseconds
   * @param perSecond how many were answered a second with many in flight
   */
  record Round(double median, double perSecond) {}

  private final RoundTrips contender;
  private final Histogram latencies = new Histogram(DIGITS);
  private final List<Round> rounds = new ArrayList<>();

  Figures(RoundTrips contender) {
    this.contender = contender;
  }

  RoundTrips contender() {
    return contender;
  }

  /** Of all rounds together. */
  Duration latency(double percentile) {
    return Duration.ofNanos(latencies.getValueAtPercentile(percentile));
  }

  List<Round> rounds() {
    return List.copyOf(rounds);
  }

  double median(ToDoubleFunction<Round> figure) {
    return median(rounds.stream().mapToDouble(figure).toArray());
  }

  /** {@return the median of the ratios of the rounds, in which both were side by side} */
  double over(Figures other, ToDoubleFunction<Round> figure) {
    double[] ratios = new double[rounds.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = figure.applyAsDouble(rounds.get(i)) / figure.applyAsDouble(other.rounds.get(i));
    }
    return median(ratios);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }

  /** Measures a round and forgets it. */
  void warmUp(int oneByOne, int together, int inFlight) {
    measured(new Histogram(DIGITS), oneByOne, together, inFlight);
  }

  /** Measures a round. */
  void measure(int oneByOne, int together, int inFlight) {
    Histogram latest = new Histogram(DIGITS);
    rounds.add(measured(latest, oneByOne, together, inFlight));
    latencies.add(latest);
  }

  private Round measured(Histogram latest, int oneByOne, int together, int inFlight) {
    for (int i = 0; i < oneByOne; i++) {
      long start = System.nanoTime();
      contender.ask().join();
      latest.recordValue(System.nanoTime() - start);
    }
    return new Round(latest.getValueAtPercentile(50), perSecond(together, inFlight));
  }

  private double perSecond(int together, int inFlight) {
    Semaphore room = new Semaphore(inFlight);
    List<CompletableFuture<?>> asked = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < together; i++) {
      room.acquireUninterruptibly();
      asked.add(contender.ask().whenComplete((answer, failure) -> room.release()));
    }
    asked.forEach(CompletableFuture::join);
    return together * 1e9 / (System.nanoTime() - start);
  }
}
