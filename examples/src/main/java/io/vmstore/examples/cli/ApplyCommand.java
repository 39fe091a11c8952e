package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.StorageController;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumePlan;
import io.vmstore.model.Deadline;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vmstore apply}. */
@Command(
    name = "apply",
    description = "Brings volumes to the states that a document says.",
    footer = {
      "",
      "Applying again changes nothing; after a failure or an interruption it goes on.",
      "docs/desired-state.md has the states and the fields.",
      "",
      "Example: volumes.yaml",
      "  volumes:",
      "    - {nas: nas1, zvol: tank/vm-17, state: connected, host: compute1, size: 10G}",
      "    - {nas: nas1, zvol: tank/vm-18, state: absent}",
      "",
      "  vmstore apply --plan volumes.yaml",
      "  vmstore --timeout 600 apply --parallel 8 volumes.yaml"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class ApplyCommand implements NodeCommand<ApplyCommand.Result> {
  /** What came of it: plans, or outcomes. */
  record Result(@Nullable List<VolumePlan> plans, List<VolumeOutcome> outcomes) {}

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "The document, in YAML or JSON; - for standard input.")
  String file;

  @Option(names = "--plan", description = "Only say what would be done.")
  boolean plan;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "8",
      description = "How many volumes are worked on at a time (default: $${DEFAULT-VALUE}).")
  int parallel;

  @ParentCommand GlobalOptions options;

  @Spec CommandSpec command;

  private DesiredDocument document = new DesiredDocument(List.of());

  ApplyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public String doing() {
    return (plan ? "planning " : "applying ") + file;
  }

  @Override
  public void check() {
    if (parallel < 1) {
      throw new ParameterException(
          command.commandLine(),
          "Invalid value for option '--parallel': '" + parallel + "' is less than 1");
    }
    document = DesiredFile.read(file);
  }

  @Override
  public CompletableFuture<Result> ask(VmStore store, Deadline deadline) {
    SystemScheduler scheduler = SystemScheduler.create("vmstore-apply");
    StorageController controller = store.controller(scheduler);
    CompletableFuture<Result> result =
        plan
            ? controller
                .plan(document, CallOptions.by(deadline))
                .thenApply(plans -> new Result(plans, List.of()))
            : ensure(controller, deadline).thenApply(outcomes -> new Result(null, outcomes));
    return result.whenComplete((any, failure) -> scheduler.close());
  }

  private CompletableFuture<List<VolumeOutcome>> ensure(
      StorageController controller, Deadline deadline) {
    Applying applying = new Applying(document, this::tell);
    Thread atInterrupt = new Thread(() -> terminal.err().print(applying.interrupted()));
    Runtime.getRuntime().addShutdownHook(atInterrupt);
    return controller
        .ensure(document, CallOptions.by(deadline), parallel, applying)
        .whenComplete((outcomes, failure) -> forget(atInterrupt));
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Interrupted just now: it is told.
    }
  }

  private void tell(String line) {
    if (!options.json) {
      terminal.err().println((terminal.showsProgress() ? CLEAR_LINE : "") + line);
    }
  }

  @Override
  public JsonNode json(Result result) {
    return result.plans() == null
        ? DesiredJson.outcomes(result.outcomes())
        : DesiredJson.plans(result.plans());
  }

  @Override
  public String text(Result result) {
    return result.plans() == null
        ? DesiredTexts.outcomes(result.outcomes())
        : DesiredTexts.plans(result.plans());
  }

  @Override
  public int exitCode(Result result) {
    boolean refused =
        result.plans() != null
            && result.plans().stream().anyMatch(one -> one.refused().isPresent());
    boolean failed =
        result.outcomes().stream()
            .anyMatch(outcome -> outcome.result() == VolumeOutcome.Result.FAILED);
    return refused || failed ? ExitCode.UNSETTLED : ExitCode.SUCCESS;
  }
}
