package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.ExposeZvol;
import io.vmstore.core.VmStore;
import io.vmstore.core.managed.ConnectionInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmstore expose}. */
@Command(
    name = "expose",
    description =
        "Gives a volume to an initiator that somebody else drives, creating it when absent, and prints what its login needs.",
    footer = {
      "",
      "Prints the connection_info of os-brick and Cinder as JSON. It has the secrets:",
      "give it to nobody but that host. The same expose again prints the same answer.",
      "End it with 'vmstore unmap', once the volume is detached there.",
      "",
      "Example:",
      "  vmstore expose nas1 tank/vm-17 host9 iqn.1993-08.org.debian:01:host9 10G"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class ExposeCommand extends VolumeCommand<Exposure> {
  @Parameters(
      index = "2",
      paramLabel = "HOST",
      description = "A name for whoever gets it; no node of that name is asked.")
  NodeName host;

  @Parameters(
      index = "3",
      paramLabel = "INITIATOR",
      description = "The name it logs in with: InitiatorName in /etc/iscsi/initiatorname.iscsi.")
  Iqn initiator;

  @Parameters(
      index = "4",
      paramLabel = "SIZE",
      description =
          "Bytes, or with a binary unit: 64M, 10G, 2T. For a volume that has to be created.")
  ByteSize size;

  @Override
  public String doing() {
    return "exposing " + zvol + " to " + host;
  }

  @Override
  public CompletableFuture<Exposure> ask(VmStore store, Deadline deadline) {
    ExposeZvol request = new ExposeZvol(zvol, host, initiator, size);
    return store.nas(nas).exposeZvol(request, CallOptions.by(deadline));
  }

  @Override
  public JsonNode json(Exposure exposure) {
    return ConnectionInfo.write(IscsiConnection.to(exposure));
  }

  @Override
  public String text(Exposure exposure) {
    return json(exposure).toPrettyString() + "\n";
  }
}
