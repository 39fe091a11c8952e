package io.vmstore.core.desired;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Look;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.OperationId;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One volume on its way to what it should be: look, decide, take the first step, look again, until
 * nothing is left to do.
 *
 * <p>Thread safety: used by one call, whose steps follow one another.
 */
final class Convergence {
  /**
   * Its time.
   *
   * @param scheduler clock and waiting
   * @param steps until when steps are begun, and repeated
   * @param answer until when it is answered
   */
  record Time(Scheduler scheduler, Deadline steps, Deadline answer) {}

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(2);
  private static final int LOOK_SHARE = 10;

  /** Of one step; then two are at work that want different things. */
  private static final int MOST_TIMES = 3;

  private final NasService nas;
  private final DesiredVolume wish;
  private final Time time;
  private final EnsureProgress progress;

  /** What the names of this call's requests about the volume begin with, and nobody else's. */
  private final String name;

  private final List<Step> done = new ArrayList<>();
  private int requests;
  private Duration pause = SHORTEST_PAUSE;
  private @Nullable Look look;
  private @Nullable IscsiConnection connection;

  /** Whether the request under way was sent before, and what became of that is not known. */
  private boolean inDoubt;

  /** Whether something may have been done that nothing can tell any more. */
  private boolean mayHaveDone;

  Convergence(
      NasService nas,
      DesiredVolume wish,
      OperationId operation,
      Time time,
      EnsureProgress progress) {
    this.nas = nas;
    this.wish = wish;
    this.time = time;
    this.progress = progress;
    // The same for the same call in another process, and fit for an operation's name.
    String names = operation + "\n" + wish.nas() + "\n" + wish.zvol();
    this.name = UUID.nameUUIDFromBytes(names.getBytes(UTF_8)) + ".";
  }

  /** {@return what is kept back from the steps, for looking what became of the last one} */
  static Duration lastLook(Duration whole) {
    Duration share = whole.dividedBy(LOOK_SHARE);
    return share.compareTo(LONGEST_LOOK) < 0 ? share : LONGEST_LOOK;
  }

  /** {@return the volume as it is now; empty when there is none} */
  static CompletableFuture<Optional<ZvolStatus>> look(
      NasService nas, DesiredVolume wish, Deadline deadline) {
    return Answers.of(() -> nas.listZvols(ZvolQuery.named(wish.zvol()), CallOptions.by(deadline)))
        .thenApply(found -> found.stream().findFirst().map(Convergence::versioned));
  }

  private static ZvolStatus versioned(ZvolStatus status) {
    if (status.version() == null) {
      throw VmStoreException.builder(
              ErrorCode.UNIMPLEMENTED,
              "cannot bring zvol '" + status.zvol() + "' to a desired state")
          .reason("its NAS does not tell whether a volume has changed since it was looked at")
          .correction("update that NAS; with one of the predecessor, map and unmap instead")
          .build();
    }
    return status;
  }

  /** {@return what became of it; never fails} */
  CompletableFuture<VolumeOutcome> run() {
    return Answers.of(time.steps().passed() ? this::late : this::lookAndGoOn)
        .exceptionally(failure -> outcome(Result.FAILED, Failures.of(failure)))
        .thenApply(
            outcome -> {
              progress.ended(outcome);
              return outcome;
            });
  }

  private CompletableFuture<VolumeOutcome> late() {
    return CompletableFuture.completedFuture(
        outcome(
            Result.FAILED,
            VmStoreException.builder(
                    ErrorCode.DEADLINE_EXCEEDED, "nothing was done with '" + wish.zvol() + "'")
                .reason("the time for the document was over before its turn came")
                .correction("repeat the call, with a longer time-out or with more at once")
                .build()));
  }

  private CompletableFuture<VolumeOutcome> lookAndGoOn() {
    return then(
        look(nas, wish, time.steps()),
        this::decide,
        failure ->
            mayGoOn(failure) && !done.isEmpty()
                ? afterPause(this::lookAndGoOn, failure)
                : failed(failure));
  }

  private CompletableFuture<VolumeOutcome> decide(Optional<ZvolStatus> found) {
    look = new Look(found.orElse(null));
    VolumePlan plan = Planner.plan(wish, found);
    if (plan.refusal() != null) {
      return failed(plan.refusal());
    }
    if (plan.steps().isEmpty()) {
      return settled(found);
    }
    Step step = plan.steps().get(0);
    if (Collections.frequency(done, step) == MOST_TIMES) {
      return failed(undone(step));
    }
    if (step.kind() != Step.Kind.AWAIT) {
      return take(step, found);
    }
    progress.begins(wish, step);
    return afterPause(this::lookAndGoOn, stillAwaited(step));
  }

  private VmStoreException undone(Step step) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "'" + wish.zvol() + "' does not stay what it should be")
        .reason("'" + step + "' was done " + MOST_TIMES + " times, and somebody else undid it")
        .correction("see who asks for something else, by another document say")
        .build();
  }

  private VmStoreException stillAwaited(Step step) {
    return VmStoreException.builder(
            ErrorCode.BUSY, "'" + wish.zvol() + "' is still " + step.state())
        .reason("somebody else began that, and it has not ended in time")
        .correction("see it with a list, and repeat the call when it has ended")
        .build();
  }

  private CompletableFuture<VolumeOutcome> take(Step step, Optional<ZvolStatus> found) {
    progress.begins(wish, step);
    OperationId operation = new OperationId(name + requests);
    return then(
        Answers.of(() -> request(step, found, CallOptions.by(time.steps()).as(operation))),
        hadEffect -> {
          if (hadEffect) {
            done.add(step);
          }
          pause = SHORTEST_PAUSE;
          return answered();
        },
        failure -> notTaken(step, found, failure));
  }

  /** A request that was answered has had its effect or never will: the next one is another. */
  private CompletableFuture<VolumeOutcome> answered() {
    requests++;
    inDoubt = false;
    return lookAndGoOn();
  }

  /**
   * {@return whether it had an effect} It has one wherever the volume still is what it was when the
   * step was decided on; only of a volume that is not there nothing tells that, so a creation says
   * it itself.
   */
  private CompletableFuture<Boolean> request(
      Step step, Optional<ZvolStatus> found, CallOptions options) {
    if (step.kind() == Step.Kind.CREATE) {
      return nas.createZvol(new CreateZvol(wish.zvol(), size(step.to())), options)
          .thenApply(created -> options.operation().equals(operationOf(created)));
    }
    ZvolStatus status = found.orElseThrow();
    CallOptions guarded = options.ifStill(Objects.requireNonNull(status.version()));
    CompletableFuture<?> answer =
        switch (step.kind()) {
          case CONNECT -> connect(status, guarded);
          case DISCONNECT -> nas.unmapZvol(wish.zvol(), guarded);
          case GROW -> nas.growZvol(wish.zvol(), size(step.to()), guarded);
          case DELETE -> nas.deleteZvol(wish.zvol(), guarded);
          case CREATE, AWAIT -> throw new IllegalStateException("no request: " + step);
        };
    return answer.thenApply(any -> true);
  }

  private CompletableFuture<?> connect(ZvolStatus status, CallOptions options) {
    // It is there, so its size is what it is.
    ByteSize size = size(status.size());
    return wish.initiator() == null
        ? nas.mapZvol(new MapZvol(wish.zvol(), Objects.requireNonNull(wish.host()), size), options)
        : expose(size, options);
  }

  private CompletableFuture<Void> expose(ByteSize size, CallOptions options) {
    return nas.exposeZvol(
            new ExposeZvol(
                wish.zvol(),
                Objects.requireNonNull(wish.host()),
                Objects.requireNonNull(wish.initiator()),
                size),
            options)
        .thenAccept(exposure -> connection = IscsiConnection.to(exposure));
  }

  private CompletableFuture<VolumeOutcome> notTaken(
      Step step, Optional<ZvolStatus> found, VmStoreException failure) {
    if (mayGoOn(failure) && (inDoubt || failure.outcomeUnknown())) {
      inDoubt = true;
      // The same request again has its first answer, or is executed for the first time.
      return afterPause(() -> take(step, found), Failures.withOutcome(failure, true));
    }
    if (failure.details().containsKey(CallOptions.CHANGED)) {
      mayHaveDone |= inDoubt && step.kind() == Step.Kind.DELETE; // which leaves no trace
      return afterPause(this::answered, failure);
    }
    if (mayGoOn(failure) && failure.code() == ErrorCode.BUSY) {
      return afterPause(this::lookAndGoOn, failure);
    }
    return failed(Failures.withOutcome(failure, inDoubt || failure.outcomeUnknown()));
  }

  private boolean mayGoOn(VmStoreException failure) {
    return failure.code().retryable() && !time.steps().passed();
  }

  private CompletableFuture<VolumeOutcome> settled(Optional<ZvolStatus> found) {
    if (wish.initiator() != null && connection == null) {
      return tellConnection(found.orElseThrow());
    }
    boolean ours =
        found
            .map(Convergence::operationOf)
            .map(operation -> operation.value().startsWith(name))
            .orElse(false);
    boolean changed = ours || mayHaveDone || !done.isEmpty();
    return CompletableFuture.completedFuture(
        outcome(changed ? Result.CHANGED : Result.UNCHANGED, null));
  }

  /** Exposed already: asking once more has no effect, and tells how it is attached. */
  private CompletableFuture<VolumeOutcome> tellConnection(ZvolStatus status) {
    CallOptions options =
        CallOptions.by(time.steps())
            .as(new OperationId(name + requests))
            .ifStill(Objects.requireNonNull(status.version()));
    return then(
        Answers.of(() -> expose(size(status.size()), options)),
        nothing -> settled(Optional.of(status)),
        failure ->
            mayGoOn(failure) || failure.details().containsKey(CallOptions.CHANGED)
                ? afterPause(this::answered, failure)
                : failed(failure));
  }

  private static @Nullable OperationId operationOf(ZvolStatus status) {
    ZvolVersion version = status.version();
    return version == null ? null : version.operation();
  }

  /** What was done, or may have been, is looked at once more. */
  private CompletableFuture<VolumeOutcome> failed(VmStoreException failure) {
    if (done.isEmpty() && !failure.outcomeUnknown()) {
      return CompletableFuture.completedFuture(outcome(Result.FAILED, failure));
    }
    return look(nas, wish, time.answer())
        .handle(
            (found, unseen) -> {
              look = unseen == null ? new Look(found.orElse(null)) : null;
              return outcome(Result.FAILED, failure);
            });
  }

  private VolumeOutcome outcome(Result result, @Nullable VmStoreException failure) {
    return new VolumeOutcome(
        wish, result, done, look, result == Result.FAILED ? null : connection, failure);
  }

  /** Goes on after a while, or fails when no time is left then. */
  private CompletableFuture<VolumeOutcome> afterPause(
      Supplier<CompletableFuture<VolumeOutcome>> next, VmStoreException otherwise) {
    Duration left = time.steps().remaining();
    Duration wait = pause.compareTo(left) < 0 ? pause : left;
    Duration twice = pause.multipliedBy(2);
    pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    CompletableFuture<Void> over = new CompletableFuture<>();
    time.scheduler().schedule(() -> over.complete(null), wait);
    return over.thenCompose(nothing -> time.steps().passed() ? failed(otherwise) : next.get());
  }

  private static ByteSize size(@Nullable ByteSize size) {
    return Objects.requireNonNull(size);
  }

  private static <T> CompletableFuture<VolumeOutcome> then(
      CompletableFuture<T> answer,
      Function<T, CompletableFuture<VolumeOutcome>> success,
      Function<VmStoreException, CompletableFuture<VolumeOutcome>> failure) {
    return answer
        .handle(
            (value, thrown) ->
                thrown == null ? success.apply(value) : failure.apply(Failures.of(thrown)))
        .thenCompose(outcome -> outcome);
  }
}
