package io.vmstore.core.flow;

import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.Repair;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles what a role's survey finds: on demand whatever there is, in the background what is the
 * node's own, again and again until nothing is left.
 *
 * <p>Thread safety: thread-safe.
 */
public final class Reconciler {
  /** What one finding may take in one round of the background work. */
  public static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  /** Kernel writes under one mutex gain nothing from more; waiting for other nodes does. */
  private static final int AT_ONCE = 16;

  private final Scheduler scheduler;
  private final Survey survey;
  private final Persistence background;

  /** Compares the records with what is there. It blocks. */
  @FunctionalInterface
  public interface Survey {
    /**
     * {@return what differs}
     *
     * @param onDemand whether somebody asks: then what nobody owns is looked for too, and what an
     *     operation has in hand is left out
     */
    List<Case> cases(boolean onDemand, Deadline deadline);
  }

  /**
   * A finding, and what settles it.
   *
   * @param finding what differs
   * @param settle settles it; not called when the finding is LEFT
   */
  public record Case(Finding finding, Supplier<CompletableFuture<Void>> settle) {
    /** {@return one that is left for a person to decide} */
    public static Case left(Kind kind, Object subject, String action, String reason) {
      return new Case(
          new Finding(kind, subject.toString(), action, Outcome.LEFT, reason),
          () -> CompletableFuture.completedFuture(null));
    }
  }

  /** Makes a reconciler that rests until it is woken. */
  public Reconciler(Scheduler scheduler, Survey survey) {
    this.scheduler = scheduler;
    this.survey = survey;
    this.background = new Persistence("recovery", scheduler, this::round);
  }

  /**
   * Settles in the background whatever is the node's own, for as long as it takes.
   *
   * @return completes when nothing is left
   */
  public CompletableFuture<Void> wake() {
    return background.wake();
  }

  /**
   * {@return what differs, and what became of it} Settling one thing may bring up the next, which
   * is then settled in the background.
   */
  public CompletableFuture<List<Finding>> reconcile(Repair repair, Deadline deadline) {
    CompletableFuture<List<Case>> cases =
        CompletableFuture.supplyAsync(() -> survey.cases(true, deadline), scheduler);
    return repair == Repair.SETTLE
        ? cases.thenCompose(this::settle).whenComplete((found, failure) -> wake())
        : cases.thenApply(found -> found.stream().map(Case::finding).toList());
  }

  private CompletableFuture<Integer> round() {
    return CompletableFuture.supplyAsync(() -> survey.cases(false, patience()), scheduler)
        .thenCompose(this::settle)
        .thenApply(Reconciler::report);
  }

  /** {@return how much to look at once more: settling one thing may bring up the next} */
  private static int report(List<Finding> findings) {
    List<Finding> failed =
        findings.stream().filter(finding -> finding.outcome() == Outcome.FAILED).toList();
    failed.forEach(
        finding ->
            LOG.warn(
                "recovery: '{}' is {}, and could not {} yet: {}",
                finding.subject(),
                finding.kind(),
                finding.action(),
                finding.reason()));
    if (!findings.isEmpty()) {
      LOG.info("recovery: {} settled, {} left", findings.size() - failed.size(), failed.size());
    }
    return findings.size();
  }

  private CompletableFuture<List<Finding>> settle(List<Case> cases) {
    return Batch.each(cases, AT_ONCE, scheduler, Reconciler::settle);
  }

  private static CompletableFuture<Finding> settle(Case one) {
    Finding finding = one.finding();
    if (finding.outcome() == Outcome.LEFT) {
      return CompletableFuture.completedFuture(finding);
    }
    return Answers.of(one.settle())
        .handle(
            (nothing, failure) ->
                failure == null
                    ? finding.with(Outcome.SETTLED, finding.reason())
                    : finding.with(Outcome.FAILED, Failures.text(failure)));
  }

  /** {@return until when one finding may take, from now} */
  public Deadline patience() {
    return Deadline.after(PATIENCE, scheduler::nanoTime);
  }
}
