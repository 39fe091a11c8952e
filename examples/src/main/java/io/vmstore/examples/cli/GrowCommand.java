package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.core.VmStore;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmstore grow}. */
@Command(
    name = "grow",
    description = "Makes a volume larger, while it may be in use, and says which size it has then.",
    footer = {
      "",
      "Ends when the compute node that has the volume sees the new size. The same grow",
      "again is success; a volume is never made smaller.",
      "",
      "Example:",
      "  vmstore grow nas1 tank/vm-17 20G"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class GrowCommand extends VolumeCommand<ByteSize> {
  @Parameters(
      index = "2",
      paramLabel = "SIZE",
      description = "The size it shall have: bytes, or with a binary unit: 64M, 10G, 2T.")
  ByteSize size;

  @Override
  public String doing() {
    return "growing " + zvol + " to " + size;
  }

  @Override
  public CompletableFuture<ByteSize> ask(VmStore store, Deadline deadline) {
    return store.nas(nas).growZvol(zvol, size, CallOptions.by(deadline));
  }

  @Override
  public JsonNode json(ByteSize grown) {
    return Documents.zvol(zvol).put("size", grown.bytes());
  }

  @Override
  public String text(ByteSize grown) {
    return zvol + " has " + grown + "\n";
  }
}
