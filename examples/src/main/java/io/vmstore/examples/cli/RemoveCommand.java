package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.core.VmStore;
import io.vmstore.model.Deadline;
import io.vmstore.model.ZvolName;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;

/** {@code vmstore rm}. */
@Command(
    name = "rm",
    description = "Destroys a volume and its data.",
    footer = {
      "",
      "Fails while the volume is mapped or has snapshots. A volume that is not there is success.",
      "",
      "Example:",
      "  vmstore rm nas1 tank/vm-17"
    })
final class RemoveCommand extends VolumeCommand<ZvolName> {
  @Override
  public String doing() {
    return "deleting " + zvol;
  }

  @Override
  public CompletableFuture<ZvolName> ask(VmStore store, Deadline deadline) {
    return store.nas(nas).deleteZvol(zvol, CallOptions.by(deadline)).thenApply(nothing -> zvol);
  }

  @Override
  public JsonNode json(ZvolName deleted) {
    return Documents.zvol(deleted);
  }

  @Override
  public String text(ZvolName deleted) {
    return deleted + " is deleted\n";
  }
}
