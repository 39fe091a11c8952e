package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.Finding;
import io.vmstore.Finding.Outcome;
import io.vmstore.Repair;
import io.vmstore.core.VmStore;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vmstore reconcile}. */
@Command(
    name = "reconcile",
    description = "Compares the records of a node with what is there, and settles what differs.",
    footer = {
      "",
      "Ends with 1 when something could not be settled; with --dry-run, when anything differs.",
      "What is LEFT is for a person to decide: no command removes it.",
      "",
      "Examples:",
      "  vmstore reconcile nas1 --dry-run",
      "  vmstore reconcile compute1"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class ReconcileCommand implements NodeCommand<List<Finding>> {
  @Parameters(
      index = "0",
      paramLabel = "NODE",
      description = "The node name of the NAS or compute node.")
  NodeName node;

  @Option(names = "--dry-run", description = "Change nothing, and say what would be done.")
  boolean dryRun;

  @Override
  public String doing() {
    return "reconciling " + node;
  }

  @Override
  public CompletableFuture<List<Finding>> ask(VmStore store, Deadline deadline) {
    Repair repair = dryRun ? Repair.DRY_RUN : Repair.SETTLE;
    return store.reconcile(node, repair, CallOptions.by(deadline));
  }

  @Override
  public int exitCode(List<Finding> findings) {
    boolean unsettled =
        findings.stream().anyMatch(finding -> dryRun || finding.outcome() == Outcome.FAILED);
    return unsettled ? ExitCode.UNSETTLED : ExitCode.SUCCESS;
  }

  @Override
  public JsonNode json(List<Finding> findings) {
    return Documents.findings(findings);
  }

  @Override
  public String text(List<Finding> findings) {
    return findings.isEmpty() ? "nothing differs on " + node + "\n" : Texts.findings(findings);
  }
}
