package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.core.VmStore;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmstore lsdev}. */
@Command(
    name = "lsdev",
    description =
        "Lists the volumes that a compute node has attached, as the node itself sees them.",
    footer = {"", "Example:", "  vmstore lsdev compute1"})
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class ListDevicesCommand implements NodeCommand<List<AttachedDevice>> {
  @Parameters(index = "0", paramLabel = "HOST", description = "The node name of the compute node.")
  NodeName host;

  @Override
  public String doing() {
    return "listing the devices of " + host;
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> ask(VmStore store, Deadline deadline) {
    return store.compute(host).listDevices(CallOptions.by(deadline));
  }

  @Override
  public JsonNode json(List<AttachedDevice> devices) {
    return Documents.devices(devices);
  }

  @Override
  public String text(List<AttachedDevice> devices) {
    return Texts.devices(devices);
  }
}
