package io.vmstore.examples.cli;

import io.vmstore.ZvolStatus;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What people read of desired states; no promise is made about its form. */
final class DesiredTexts {
  private static final String NONE = "-";

  private DesiredTexts() {}

  static String plans(List<VolumePlan> plans) {
    Table table = new Table().row("NAS", "ZVOL", "WOULD BE DONE");
    for (VolumePlan plan : plans) {
      table.row(
          plan.volume().nas(),
          plan.volume().zvol(),
          plan.refused().map(DesiredTexts::refused).orElseGet(() -> steps(plan.steps())));
    }
    return table.toString();
  }

  private static String steps(List<Step> steps) {
    return steps.isEmpty()
        ? "nothing"
        : steps.stream().map(Step::toString).collect(Collectors.joining(", then "));
  }

  private static String refused(VmStoreException refusal) {
    return "refused: " + refusal.getMessage();
  }

  static String outcomes(List<VolumeOutcome> outcomes) {
    Table table = new Table().row("NAS", "ZVOL", "RESULT", "STATE", "SIZE", "HOST", "STABLE PATH");
    for (VolumeOutcome outcome : outcomes) {
      table.row(
          outcome.volume().nas(),
          outcome.volume().zvol(),
          word(outcome.result()),
          state(outcome),
          outcome.status().flatMap(ZvolStatus::knownSize).map(ByteSize::toString).orElse(NONE),
          outcome.status().flatMap(ZvolStatus::remoteHost).map(NodeName::value).orElse(NONE),
          path(outcome));
    }
    return table + summary(outcomes) + "\n";
  }

  /** {@return how it ended, in one line} */
  static String outcome(VolumeOutcome outcome) {
    VmStoreException failure = outcome.failure();
    if (failure != null) {
      return "failed: " + failure.getMessage();
    }
    String path = path(outcome);
    return word(outcome.result())
        + (path.equals(NONE) ? "" : ", with '" + outcome.volume().host() + "' as " + path);
  }

  static String summary(List<VolumeOutcome> outcomes) {
    return count(outcomes, Result.CHANGED)
        + " changed, "
        + count(outcomes, Result.UNCHANGED)
        + " unchanged, "
        + count(outcomes, Result.FAILED)
        + " failed";
  }

  static long count(List<VolumeOutcome> outcomes, Result result) {
    return outcomes.stream().filter(outcome -> outcome.result() == result).count();
  }

  /** {@return where the volume stands, ABSENT when there is none} */
  static String state(VolumeOutcome outcome) {
    return outcome
        .status()
        .map(status -> status.state().name())
        .orElse(outcome.look() == null ? "UNKNOWN" : "ABSENT");
  }

  private static String path(VolumeOutcome outcome) {
    return outcome
        .status()
        .flatMap(ZvolStatus::currentMapping)
        .map(mapping -> mapping.stablePath().value())
        .orElse(NONE);
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
