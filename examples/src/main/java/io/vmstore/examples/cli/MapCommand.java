package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.core.VmStore;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmstore map}. */
@Command(
    name = "map",
    description =
        "Gives a volume to a compute node, creating it when absent, and says where the node has it.",
    footer = {
      "",
      "The same map again prints the same answer. A volume that exists keeps its size.",
      "",
      "Example: a volume of 10 GiB of the NAS nas1, for compute1:",
      "  vmstore map nas1 tank/vm-17 compute1 10G"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class MapCommand extends VolumeCommand<Mapping> {
  @Parameters(index = "2", paramLabel = "HOST", description = "The node name of the compute node.")
  NodeName host;

  @Parameters(
      index = "3",
      paramLabel = "SIZE",
      description =
          "Bytes, or with a binary unit: 64M, 10G, 2T. For a volume that has to be created.")
  ByteSize size;

  @Override
  public String doing() {
    return "mapping " + zvol + " to " + host;
  }

  @Override
  public CompletableFuture<Mapping> ask(VmStore store, Deadline deadline) {
    return store.nas(nas).mapZvol(new MapZvol(zvol, host, size), CallOptions.by(deadline));
  }

  @Override
  public JsonNode json(Mapping mapping) {
    return Documents.mapping(mapping);
  }

  @Override
  public String text(Mapping mapping) {
    return Texts.mapping(mapping);
  }
}
