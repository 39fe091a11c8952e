package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UndoTest {
  private final List<String> done = new ArrayList<>();
  private final Undo undo = new Undo();

  @Test
  void stepsShouldBeUndoneLatestFirst() {
    step("a", null);
    step("b", null);

    VmStoreException outcome = undone(failure(true));

    assertThat(done).containsExactly("a", "b", "undo b", "undo a");
    assertThat(outcome.outcomeUnknown()).isFalse();
  }

  @Test
  void aStepThatCertainlyFailedShouldNotBeUndoneButOneOfUnknownOutcomeShould() {
    step("a", null);
    step("b", failure(false));
    step("c", failure(true));

    undone(failure(false));

    assertThat(done).containsExactly("a", "b", "c", "undo c", "undo a");
  }

  @Test
  void anInverseThatFailsShouldStopTheRestAndSaySo() {
    step("a", null);
    undo.step(
        "b",
        () -> CompletableFuture.completedFuture(""),
        () -> CompletableFuture.failedFuture(failure(false)));

    VmStoreException outcome = undone(failure(false));

    assertThat(done).containsExactly("a");
    assertThat(outcome.outcomeUnknown()).isTrue();
  }

  private void step(String name, @Nullable VmStoreException failure) {
    undo.step(
        name,
        () -> {
          done.add(name);
          return failure == null
              ? CompletableFuture.completedFuture(name)
              : CompletableFuture.failedFuture(failure);
        },
        () -> {
          done.add("undo " + name);
          return CompletableFuture.completedFuture(null);
        });
  }

  private VmStoreException undone(VmStoreException cause) {
    return Failures.of(undo.after(cause).handle((value, thrown) -> thrown).join());
  }

  private static VmStoreException failure(boolean outcomeUnknown) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, "failed")
        .outcomeUnknown(outcomeUnknown)
        .build();
  }
}
