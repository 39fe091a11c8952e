package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.VmStore;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vmstore unmap}. */
@Command(
    name = "unmap",
    description = "Takes a volume back from a compute node. Its data stays.",
    footer = {
      "",
      "Fails when the device is open there, or when another node has the volume.",
      "A volume that nobody has is left as it is, successfully.",
      "",
      "Examples:",
      "  vmstore unmap nas1 tank/vm-17 compute1",
      "  vmstore unmap --force nas1 tank/vm-17"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class UnmapCommand extends VolumeCommand<ZvolName> {
  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "HOST",
      description = "The compute node that has it; may be left out with --force.")
  @Nullable NodeName host;

  @Option(
      names = "--force",
      description =
          "For a node that is dead or cut off: shut it out without asking it. What it has not flushed is lost.")
  boolean force;

  @Spec CommandSpec command;

  @Override
  public String doing() {
    return "unmapping " + zvol + from();
  }

  private String from() {
    return host == null ? "" : " from " + host;
  }

  @Override
  public void check() {
    if (host == null && !force) {
      throw new ParameterException(
          command.commandLine(), "Missing required parameter: 'HOST' (or option: '--force')");
    }
  }

  @Override
  public String warning() {
    return force
        ? "vmstore: taking "
            + zvol
            + from()
            + " by force: what its node has not flushed is lost, and what uses the disk there gets I/O errors\n"
        : "";
  }

  /**
   * The NAS unmaps from whoever has the volume; that it is the node meant is looked up first, which
   * keeps an operator's mistake away from another node's disk.
   */
  @Override
  public CompletableFuture<ZvolName> ask(VmStore store, Deadline deadline) {
    NasService service = store.nas(nas);
    return service
        .listZvols(ZvolQuery.named(zvol), CallOptions.by(deadline))
        .thenCompose(
            found -> {
              requireHost(found);
              return force
                  ? service.forceUnmapZvol(zvol, CallOptions.by(deadline))
                  : service.unmapZvol(zvol, CallOptions.by(deadline));
            })
        .thenApply(nothing -> zvol);
  }

  private void requireHost(List<ZvolStatus> found) {
    for (ZvolStatus status : found) {
      NodeName actual = status.host();
      if (host != null && actual != null && !actual.equals(host)) {
        throw VmStoreException.builder(
                ErrorCode.FAILED_PRECONDITION,
                "cannot unmap zvol '" + zvol + "' from '" + host + "'")
            .reason("it is " + status.state() + " with '" + actual + "'")
            .correction("name '" + actual + "' if that is the node meant")
            .detail("host", actual.value())
            .build();
      }
    }
  }

  @Override
  public JsonNode json(ZvolName unmapped) {
    return Documents.zvol(unmapped);
  }

  @Override
  public String text(ZvolName unmapped) {
    return unmapped + " is unmapped\n";
  }
}
